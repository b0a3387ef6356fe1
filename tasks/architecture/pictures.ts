import type { Language } from '../base/text.ts';
import type { AnyRole, Role } from '../roles/roles.ts';
import type { Topology } from '../topology/model.ts';
import { describe } from './describe.ts';
import { flowsScene } from './flows.ts';
import { machinesScene } from './machines.ts';
import { flowsMermaid, machinesMermaid } from './mermaid.ts';
import { toSvg } from './svg.ts';

export const PICTURE_NAMES = ['machines', 'flows'] as const;
export type PictureName = (typeof PICTURE_NAMES)[number];
export const FORMAT_NAMES = ['svg', 'mermaid'] as const;
export type PictureFormat = (typeof FORMAT_NAMES)[number];

/** A picture of a topology as the text of a file. */
export function draw(
  picture: PictureName,
  format: PictureFormat,
  topology: Topology,
  roles: Map<AnyRole, Role>,
  language: Language,
): string {
  const plan = describe(topology, roles);
  if (format === 'mermaid')
    return picture === 'flows' ? flowsMermaid(plan, language) : machinesMermaid(plan, language);
  return toSvg(picture === 'flows' ? flowsScene(plan, language) : machinesScene(plan, language));
}
