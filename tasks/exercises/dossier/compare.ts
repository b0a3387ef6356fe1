import type { Text } from '../../base/text.ts';
import type { MachineStatus } from '../../inspect/status.ts';
import { machinesOf, type RoleName } from '../../topology/model.ts';
import { drillRows } from './measured.ts';
import type { Component, Dossier } from './model.ts';
import { type Agreement, listed, machineOf, plainText, type Row, type Seen } from './seen.ts';
import { KIND_WORDS } from './words.ts';

/** Every claim of a dossier beside what runs and what was measured, element by element. */
export function compareDossier(dossier: Dossier, seen: Seen): Row[] {
  return [
    ...Object.keys(dossier.hardware).flatMap((name) => [
      ...placeRows(dossier, name, seen),
      ...drillRows(dossier, { hardware: name }, seen),
    ]),
    ...Object.entries(dossier.components).flatMap(([name, component]) => [
      ...componentRows(dossier, name, component, seen),
      ...drillRows(dossier, { component: name }, seen),
    ]),
    ...missingRows(dossier, seen),
  ];
}

const row = (element: string, what: Row['what'], claimed: Text, seen: Text, agreement: Agreement): Row => ({
  element,
  what,
  claimed,
  seen,
  agreement,
  drills: [],
});

/** An element of the hardware is a machine of the lab, with its address. */
function placeRows(dossier: Dossier, name: string, { topology, status }: Seen): Row[] {
  const { kind = 'machine', address } = dossier.hardware[name] ?? {};
  if (kind !== 'machine') {
    const none = { en: 'the lab has no such element', fr: "le lab n'a pas d'élément de cette sorte" };
    return [row(name, 'place', KIND_WORDS[kind], none, 'open')];
  }
  const machine = machineOf(dossier, name, topology);
  if (!machine) {
    const none = {
      en: 'no machine of this name or address',
      fr: 'pas de machine de ce nom ni de cette adresse',
    };
    return [row(name, 'place', { en: 'a machine', fr: 'une machine' }, none, 'wrong')];
  }
  const now = status?.machines.find((other) => other.name === machine.name);
  return [
    row(
      name,
      'address',
      plainText(address ?? '?'),
      { en: `${machine.address}${stateText(now).en}`, fr: `${machine.address}${stateText(now).fr}` },
      address === undefined
        ? 'open'
        : address === machine.address
          ? asked(now?.answers || undefined)
          : 'wrong',
    ),
  ];
}

/** What agrees with the topology holds once machines have said so. */
const asked = (said: unknown): Agreement => (said === undefined ? 'open' : 'holds');

const stateText = (machine: MachineStatus | undefined): Text => {
  if (!machine || (machine.power === 'running' && machine.answers)) return plainText('');
  return machine.power === 'running'
    ? { en: ' (does not answer)', fr: ' (ne répond pas)' }
    : { en: ' (not running)', fr: ' (arrêtée)' };
};

/** Where a component runs, by the topology and by what the machines say of its services. */
function componentRows(
  dossier: Dossier,
  name: string,
  { role, on = [], address }: Component,
  seen: Seen,
): Row[] {
  if (role === undefined || role === 'client') return [];
  const { topology, status } = seen;
  const claimed = on.map((place) => machineOf(dossier, place, topology)?.name ?? place);
  const real = machinesOf(topology, role).map((machine) => machine.name);
  const stopped = status ? real.flatMap((machine) => stoppedOn(machine, role, seen)) : [];
  const extra = claimed.filter((machine) => !real.includes(machine));
  const left = real.filter((machine) => !claimed.includes(machine));
  const told = [...real, ...stopped.map((line) => `(${line})`)];
  const rows = [
    row(
      name,
      'runs',
      listed(claimed),
      listed(told),
      extra.length +
        left.length +
        stopped.filter((line) => claimed.some((one) => line.startsWith(`${one}:`))).length >
        0
        ? 'wrong'
        : asked(status),
    ),
  ];
  if (address === undefined) return rows;
  const floating = Object.values(topology.floating).find((floating) => floating.role === role);
  const holders = status?.floating.find((other) => other.address === floating?.address)?.holders;
  const where = holders === undefined ? '' : ` (${holders.join(', ') || '–'})`;
  const right = floating?.address === address && (holders === undefined || holders.length === 1);
  return [
    ...rows,
    row(
      name,
      'address',
      plainText(address),
      plainText(`${floating?.address ?? '–'}${where}`),
      right ? asked(status) : 'wrong',
    ),
  ];
}

/** Services of a role that do not run on a machine which answers. */
function stoppedOn(machine: string, role: RoleName, { status, roles }: Seen): string[] {
  const now = status?.machines.find((other) => other.name === machine);
  if (!now?.answers) return [];
  return (roles.get(role)?.services ?? []).flatMap((service) => {
    const state = now.services[service];
    return state === undefined || state === 'active' ? [] : [`${machine}: ${service} ${state}`];
  });
}

/** What runs in the lab and is not in the dossier: the exercise asks for all of it. */
function missingRows(dossier: Dossier, { topology }: Seen): Row[] {
  const known = new Set(
    Object.keys(dossier.hardware).map((name) => machineOf(dossier, name, topology)?.name),
  );
  const claimed = new Set(Object.values(dossier.components).map(({ role }) => role));
  const absent = { en: 'not in the dossier', fr: 'absent du dossier' };
  const used = [...new Set(topology.machines.flatMap(({ roles }) => roles))];
  return [
    ...topology.machines
      .filter(({ name }) => !known.has(name))
      .map(({ name, roles }) => row(name, 'missing', absent, plainText(roles.join(', ')), 'wrong')),
    ...used
      .filter((role) => !claimed.has(role))
      .map((role) =>
        row(role, 'missing', absent, listed(machinesOf(topology, role).map(({ name }) => name)), 'wrong'),
      ),
  ];
}

/** Elements with a claim that was seen to be wrong. */
export const wrongOnes = (rows: Row[]): Set<string> =>
  new Set(rows.flatMap(({ element, agreement }) => (agreement === 'wrong' ? [element] : [])));
