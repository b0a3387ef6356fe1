import type { Nextcloud } from './application.ts';
import { entryOf } from './code.ts';

/** What the templates of a lab with Nextcloud see. */
export interface NextcloudFacts extends Nextcloud {
  /** The disk with the code inside a machine; undefined where the engine gives none. */
  device: string | undefined;
  /** Where the code is unpacked on a machine without that disk. */
  folder: string;
}

export function nextcloudFacts(nextcloud: Nextcloud, device: string | undefined): NextcloudFacts {
  return { ...nextcloud, device, folder: `/var/lib/lab/nextcloud/${entryOf(nextcloud.sha256)}` };
}
