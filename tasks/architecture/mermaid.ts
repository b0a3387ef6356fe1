import type { Language } from '../base/text.ts';
import type { Architecture, Part } from './describe.ts';
import { NAMES, software } from './look.ts';

/** Mermaid takes letters, digits and underscores as names. */
const id = (name: string) => name.replaceAll(/[^A-Za-z0-9]/g, '_');
const quoted = (lines: string[]) => `"${lines.join('<br/>').replaceAll('"', '#quot;')}"`;
const ARROWS = { service: '-->', vote: '-.->', copy: '==>', watch: '-.->', time: '-.->' } as const;

/** Machines, the addresses that move between them and who can hold each. */
export function machinesMermaid({ topology, parts, votes }: Architecture, language: Language): string {
  const voter = (machine: string, role: string) =>
    votes.some(({ voters }) => voters.some((voter) => voter.machine === machine && voter.role === role));
  const vote = { en: '1 vote', fr: '1 voix' }[language];
  const lines = topology.machines.map((machine) => {
    const roles = parts
      .filter(({ role }) => machine.roles.includes(role))
      .map((part) => {
        const own = voter(machine.name, part.role) ? ` (${vote})` : '';
        return `${NAMES[part.role][language]}${own}: ${software(part).join(', ')}`;
      });
    return `    ${id(machine.name)}[${quoted([`<b>${machine.name}</b> ${machine.address}`, ...roles])}]`;
  });
  const floating = Object.values(topology.floating).flatMap((floating) => {
    if (!floating) return [];
    const holders = topology.machines.filter(({ roles }) => roles.includes(floating.role));
    const name = `floating_${id(floating.name)}`;
    return [
      `  ${name}([${quoted([floating.address, NAMES[floating.role][language]])}])`,
      ...holders.map((holder) => `  ${name} -.- ${id(holder.name)}`),
    ];
  });
  const network = { en: 'lab network', fr: 'réseau du labo' }[language];
  const all = topology.network.switches;
  const word = { en: 'switch', fr: 'commutateur' }[language];
  const switches =
    all.length < 2 ? [] : all.map((name) => `  switch_${name}{{${quoted([`${word} ${name}`])}}}`);
  // Every machine has a cable to each of them: one line from the network stands for them.
  const cables =
    all.length < 2
      ? []
      : [
          ...all.map((name) => `  network --- switch_${name}`),
          `  ${all.map((name) => `switch_${name}`).join(' --- ')}`,
        ];
  return [
    'flowchart TB',
    `  subgraph network[${quoted([`${network} ${topology.network.cidr}`])}]`,
    ...lines,
    '  end',
    ...switches,
    ...cables,
    ...floating,
    '',
  ].join('\n');
}

/** Who talks to whom, through which ports. */
export function flowsMermaid({ parts, flows }: Architecture, language: Language): string {
  const node = (part: Part) =>
    `  ${id(part.role)}[${quoted([
      `<b>${NAMES[part.role][language]}</b>`,
      ...(part.floating ? [part.floating.address] : []),
      part.machines.map(({ name }) => name).join(', '),
      software(part).join(', '),
    ])}]`;
  const inner = parts.flatMap((part) =>
    part.inner.map(
      ({ kind, ports }) =>
        `  ${id(part.role)} ${ARROWS[kind]}|${quoted([ports.join(' ')])}| ${id(part.role)}`,
    ),
  );
  return [
    'flowchart TB',
    ...parts.map(node),
    ...flows
      .filter(({ kind }) => kind !== 'time')
      .map(
        ({ from, to, kind, ports }) =>
          `  ${id(from)} ${ARROWS[kind]}|${quoted([ports.join(' ')])}| ${id(to)}`,
      ),
    ...inner,
    '',
  ].join('\n');
}
