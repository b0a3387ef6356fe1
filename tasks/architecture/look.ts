import type { Language, Text } from '../base/text.ts';
import type { RoleName } from '../topology/model.ts';
import type { Part } from './describe.ts';
import type { Hue, LineStyle, Shape } from './scene.ts';

/** Roles that fail and vote together have one colour. */
export const HUES: Record<RoleName, Hue> = {
  client: 'user',
  lb: 'front',
  web: 'web',
  router: 'sql',
  database: 'sql',
  arbitrator: 'sql',
  session: 'session',
  sentinel: 'session',
  storage: 'files',
  'quorum-device': 'files',
};

/** What people call a role. */
export const NAMES: Record<RoleName, Text> = {
  client: { en: 'visitor', fr: 'visiteur' },
  lb: { en: 'load balancer', fr: 'répartiteur de charge' },
  web: { en: 'web and application', fr: 'web et application' },
  router: { en: 'database router', fr: 'routeur de base' },
  database: { en: 'database', fr: 'base de données' },
  arbitrator: { en: 'database arbitrator', fr: 'arbitre des bases' },
  session: { en: 'sessions', fr: 'sessions' },
  sentinel: { en: 'session sentinel', fr: 'sentinelle des sessions' },
  storage: { en: 'shared files', fr: 'fichiers partagés' },
  'quorum-device': { en: 'storage quorum device', fr: 'arbitre du stockage' },
};

export const LINES: Record<LineStyle, Text> = {
  service: { en: 'requests', fr: 'requêtes' },
  vote: { en: 'votes', fr: 'votes' },
  copy: { en: 'copies of data', fr: 'copies des données' },
  watch: { en: 'supervision', fr: 'surveillance' },
  time: { en: 'time', fr: 'heure' },
  holds: { en: 'can hold the address, one at a time', fr: "peut tenir l'adresse, une machine à la fois" },
};

/** The software of a role, without what the kit adds itself. */
export function software({ components }: Part): string[] {
  return components
    .filter((component) => component.package !== 'ha-lab-kit')
    .map((component) => component.name);
}

/** What a picture says besides what it shows. */
export interface Wording {
  /** Above it, instead of the topology's name. */
  title?: string;
  /** Roles that its reader builds: framed and explained. */
  built?: readonly RoleName[];
  /** What all machines are on, where that is not the lab's network. */
  network?: string;
  /** Below a machine's name, instead of its memory and disk. */
  note?: (machine: string) => CardNote;
}

/** What a card says below its machine's name. */
export interface CardNote {
  text: string;
  /** It stands out. */
  alarm?: boolean;
}

/** A row that explains lines, beginning at x. */
export function legend(styles: LineStyle[], x: number, y: number, language: Language): Shape[] {
  let at = x;
  return styles.flatMap((style): Shape[] => {
    const text = LINES[style][language];
    const from = at;
    at += 52 + text.length * 7.2 + 20;
    return [
      {
        kind: 'line',
        style,
        points: [
          { x: from, y: y - 4 },
          { x: from + 40, y: y - 4 },
        ],
      },
      { kind: 'text', x: from + 48, y, text, look: 'small' },
    ];
  });
}

/** A row that explains the frames of what the reader builds. */
export function legendOfBuilt(x: number, y: number, language: Language): Shape[] {
  const text = { en: 'what you build in this lab', fr: 'ce que vous construisez dans ce lab' }[language];
  return [
    { kind: 'box', look: 'frame', hue: 'user', x, y: y - 13, w: 40, h: 17 },
    { kind: 'text', x: x + 48, y, text, look: 'small' },
  ];
}
