import { describe } from '../../../architecture/describe.ts';
import { excerpt } from '../../../architecture/excerpt.ts';
import { flowsScene } from '../../../architecture/flows.ts';
import { machinesScene } from '../../../architecture/machines.ts';
import type { Scene } from '../../../architecture/scene.ts';
import { type Language, say } from '../../../base/text.ts';
import type { AnyRole, Component, Role } from '../../../roles/roles.ts';
import type { Topology } from '../../../topology/model.ts';
import type { LabGuide } from '../model.ts';
import { type Piece, piecesOf } from '../pieces.ts';

/**
 * The pictures of what a lab builds, with what is there already: the machines, and who talks to whom. `guide`: with its placeholders filled in.
 *
 * Nothing says in two places what a lab is about. What is drawn follows from the roles it needs and from what its guide has typed: machines
 * that blocks are for, software, ports and addresses that they name.
 */
export function picturesOf(
  lab: LabGuide,
  guide: string,
  topology: Topology,
  roles: Map<AnyRole, Role>,
  language: Language,
): Scene[] {
  const { solved, bare } = lab.needs;
  const blocks = blocksOf(piecesOf(guide));
  const typed = blocks.map(({ block }) => block.text).join('\n');
  const typedOn = new Set(blocks.flatMap(({ block }) => block.on));
  const names = (text: string, word: string) =>
    new RegExp(`(?<![\\w.])${word.replaceAll('.', '\\.')}(?![\\w.])`, 'i').test(text);
  const isTyped = ({ name, package: debian }: Component) => names(typed, debian) || names(typed, name);
  const part = excerpt(describe(topology, roles), {
    role: (role) => solved.includes(role) || bare.includes(role),
    machine: ({ name, roles }) =>
      typedOn.has(name) || roles.some((role) => role !== 'client' && solved.includes(role)),
    floating: ({ role, address }) => solved.includes(role) || names(typed, address),
    component: (role, component) =>
      !bare.includes(role) || isTyped(component) || !roles.get(role)?.components.some(isTyped),
    ports: (to, ports) => {
      const named = ports.filter((port) => names(guide, port.split('/')[0] ?? ''));
      return bare.includes(to) && named.length > 0 ? named : ports;
    },
  });
  const machines = {
    title: say({ en: `Lab ${lab.id}: the machines`, fr: `Lab ${lab.id} : les machines` }),
    built: bare,
  };
  const flows = {
    title: say({ en: `Lab ${lab.id}: who talks to whom`, fr: `Lab ${lab.id} : qui parle à qui` }),
    built: bare,
  };
  // Those whom the lab is about, with those they talk to.
  const talking = part.flows.filter(({ from, to }) => bare.includes(from) || bare.includes(to));
  const heard = new Set(part.flows.flatMap(({ from, to }) => [from, to]));
  return [
    machinesScene(part, language, machines),
    ...(talking.length > 0
      ? [flowsScene({ ...part, parts: part.parts.filter(({ role }) => heard.has(role)) }, language, flows)]
      : []),
  ];
}

const blocksOf = (pieces: Piece[]): Extract<Piece, { kind: 'block' }>[] =>
  pieces.flatMap((piece) =>
    piece.kind === 'question' ? blocksOf(piece.answer) : piece.kind === 'block' ? [piece] : [],
  );
