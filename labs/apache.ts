/** When systemd began to stop Apache on a web machine: seconds since 1970, a line each. */
export const STOPS = {
  kind: 'command',
  command: "journalctl -u apache2 -o short-unix --no-pager -g '^Stopping' -n 50 | cut -d. -f1",
} as const;

/** What STOPS printed. */
export const stopsOf = (out: string): number[] => out.split('\n').map(Number).filter(Boolean);
