import type { RoleName } from '../topology/model.ts';
import type { Point } from './scene.ts';

/** Where everything of the picture of machines stands: the printed picture and the live one are drawn from it. */
export interface Places {
  width: number;
  /** Below the last row. */
  bottom: number;
  cards: CardPlace[];
  pills: PillPlace[];
  links: LinkPlace[];
}

export interface CardPlace {
  machine: string;
  address: string;
  /** MiB. */
  memory: number;
  disk: number | undefined;
  x: number;
  y: number;
  w: number;
  h: number;
  roles: RolePlace[];
}

/** A role on a card: its name, with the software in lines below it. */
export interface RolePlace {
  role: RoleName;
  x: number;
  y: number;
  w: number;
  h: number;
  lines: string[];
  votes: boolean;
}

/** An address that moves. */
export interface PillPlace {
  address: string;
  role: RoleName;
  text: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

/** From an address to a machine that can hold it. */
export interface LinkPlace {
  address: string;
  role: RoleName;
  machine: string;
  points: Point[];
}
