/** What was answered to the uploads of step 6: a line each, name, status, seconds, SHA-256. */
export const UPLOADS = { kind: 'command', command: 'head -n 200 /root/uploads 2>/dev/null || true' } as const;

/** The uploads that are on the disk: a line each, SHA-256 and name. */
export const UPLOADED = {
  kind: 'command',
  command:
    'setpriv --reuid=www-data --regid=www-data --init-groups sh -c \'cd /srv/shared/nextcloud/admin/files && sha256sum $(ls -t | grep "^upload-" | head -n 200)\' 2>/dev/null | sed "s/  / /"',
} as const;

export interface Upload {
  name: string;
  code: number;
  seconds: number;
  /** SHA-256 of what was sent. */
  sum: string;
}

/** The lines that can be read; others are left out. */
export function uploadsOf(text: string): Upload[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(upload-[\w.-]+) (\d{3}) ([\d.]+) ([0-9a-f]{64})$/.exec(line);
    return match
      ? [{ name: match[1] ?? '', code: Number(match[2]), seconds: Number(match[3]), sum: match[4] ?? '' }]
      : [];
  });
}
