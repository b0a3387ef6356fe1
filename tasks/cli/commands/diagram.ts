import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { draw, PICTURE_NAMES, type PictureFormat, type PictureName } from '../../architecture/pictures.ts';
import { LabError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { ROOT } from '../../base/paths.ts';
import { say } from '../../base/text.ts';
import { readRecord, topologySource } from '../../environment/record.ts';
import { readRoles } from '../../roles/roles.ts';
import { DEFAULT_TOPOLOGY, loadTopology } from '../../topology/load.ts';
import { withSwitches } from '../../topology/switches.ts';

export interface DiagramOptions {
  name: string;
  format: PictureFormat;
  topology?: string;
  output?: string;
}

function pictureNamed(asked: string): PictureName {
  const known = PICTURE_NAMES.find((name) => name === asked);
  if (known) return known;
  const meant = nearest(asked, [...PICTURE_NAMES]);
  throw new LabError(
    { en: `There is no picture named "${asked}".`, fr: `Il n'y a pas de dessin nommé « ${asked} ».` },
    {
      en: `${meant ? `did you mean ${meant}? ` : ''}The pictures are ${PICTURE_NAMES.join(', ')}.`,
      fr: `${meant ? `vouliez-vous dire ${meant} ? ` : ''}Les dessins sont ${PICTURE_NAMES.join(', ')}.`,
    },
  );
}

/** `lab diagram`: draws a topology, the lab's own where it exists. Writes to a file or to the output. Exit code 0. */
export async function diagram(picture: string | undefined, options: DiagramOptions): Promise<number> {
  const wanted = pictureNamed(picture ?? 'machines');
  const record = await readRecord(options.name);
  const own = record && topologySource(options.name, record);
  const loaded = await loadTopology(options.topology ?? own ?? DEFAULT_TOPOLOGY, ROOT);
  const topology =
    options.topology === undefined && record ? withSwitches(loaded, record.switches ?? 1) : loaded;
  const language = say({ en: 'en', fr: 'fr' }) === 'fr' ? 'fr' : 'en';
  const text = draw(wanted, options.format, topology, readRoles(ROOT), language);
  if (options.output === undefined) {
    process.stdout.write(text);
    return 0;
  }
  const file = resolve(options.output);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  console.log(
    say({
      en: `${file}: ${wanted} of the topology ${topology.name}.`,
      fr: `${file} : ${wanted} de la topologie ${topology.name}.`,
    }),
  );
  return 0;
}
