import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { Engine } from '../engines/engine.ts';
import { HOLDERS } from '../inspect/holders.ts';
import { FAULTS } from '../measure/drill/model.ts';
import { allTargets, faultLimit } from '../measure/drill/plan.ts';
import type { Target } from '../measure/drill/target.ts';
import { MACHINE_NAME, SWITCH_NAMES, type Topology } from '../topology/model.ts';
import type { Act, Forecast, Offer } from './page/protocol.ts';

/** What a page may have done. Without it a page only shows. */
export interface Acts {
  offer: Offer;
  /** What the design says of a fault. LabError when that cannot be told now. */
  predict(target: Target): Promise<Forecast>;
  /** Begins it. False: something else is at work. */
  begin(act: Act): boolean;
}

/** Everything that can be broken here: the drills' own list, as far as the engine can do it. */
export const breakable = (
  topology: Topology,
  engine: Pick<Engine, 'name'>,
): Pick<Offer, 'targets' | 'holders'> => ({
  targets: allTargets(topology).filter((target) => !faultLimit(engine, target)),
  holders: HOLDERS.filter(
    (holder) => holder in WHERE && topology.machines.some(({ roles }) => roles.includes(WHERE[holder])),
  ),
});

/** The role of the machines that can hold something. */
const WHERE = {
  front: 'lb',
  router: 'router',
  storage: 'storage',
  database: 'database',
  redis: 'session',
} as const;

const targetSchema = z.strictObject({
  kind: z.enum(FAULTS),
  machine: z.string().exactOptional(),
  holder: z.enum(HOLDERS).exactOptional(),
  service: z.string().exactOptional(),
  peer: z.string().exactOptional(),
  switch: z.enum(SWITCH_NAMES).exactOptional(),
});
const language = z.enum(['en', 'fr']);
const actSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('fault'), target: targetSchema, language }),
  z.strictObject({
    ...{ do: z.literal('drill'), target: targetSchema, language },
    /** Seconds: what the user says beforehand. */
    expect: z.number().min(0).max(3600).exactOptional(),
  }),
  z.strictObject({ do: z.literal('undo'), language }),
  z.strictObject({ do: z.literal('stop'), language }),
  z.strictObject({ do: z.literal('up'), topology: z.string().exactOptional(), language }),
  z.strictObject({
    ...{ do: z.literal('start'), lab: z.string(), resume: z.boolean(), language },
    fromMine: z.boolean().exactOptional(),
    // What the command itself refuses it says; these can be no options.
    student: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._@-]{0,63}$/i)
      .exactOptional(),
    code: z
      .string()
      .regex(/^[a-z0-9][a-z0-9 -]{0,40}$/i)
      .exactOptional(),
  }),
  z.strictObject({ do: z.literal('halt'), language }),
  z.strictObject({ do: z.literal('destroy'), lab: z.string(), language }),
  z.strictObject({
    ...{ do: z.literal('snapshot'), action: z.enum(['save', 'restore', 'delete']), language },
    snapshot: z.string().regex(MACHINE_NAME),
  }),
]);

/** What a page asks for, when it is one of the things that are offered; undefined otherwise: nothing else is ever done. */
export function readAct(value: unknown, offer: Offer): Act | undefined {
  const { data } = actSchema.safeParse(value);
  return data && isPossible(data, offer) ? data : undefined;
}

/** Nothing else than what is offered is ever done. */
function isPossible(act: Act, offer: Offer): boolean {
  const { door } = offer;
  switch (act.do) {
    case 'fault':
    case 'drill':
      return isOffered(act.target, offer);
    case 'up':
      return act.topology === undefined || (!door.exists && door.topologies.includes(act.topology));
    case 'start':
      if (act.fromMine && (act.resume || !door.continues[act.lab])) return false;
      return door.exists && door.labs.includes(act.lab);
    case 'destroy':
      return door.exists && act.lab === door.lab;
    case 'halt':
    case 'snapshot':
      return door.exists;
    case 'undo':
    case 'stop':
      return true;
  }
}

/** The fault whose prediction a page asks for, when it is offered. */
export function readTarget(value: unknown, offer: Offer): Target | undefined {
  const { data } = targetSchema.safeParse(value);
  return data && isOffered(data, offer) ? data : undefined;
}

function isOffered(target: Target, { targets, holders }: Offer): boolean {
  if (target.holder === undefined) return targets.some((one) => isDeepStrictEqual(one, target));
  const alone = isDeepStrictEqual(target, { kind: target.kind, holder: target.holder });
  const known = targets.some(
    ({ kind, machine, switch: name }) => kind === target.kind && machine !== undefined && name === undefined,
  );
  return alone && holders.includes(target.holder) && known;
}

/** The command line of the kit that does it: words, never a shell's text. Undefined for `stop`, which is a signal. */
export function commandOf(act: Act, lab: string): string[] | undefined {
  const own = ['--name', lab];
  switch (act.do) {
    case 'stop':
      return undefined;
    case 'undo':
      return ['fault', '--undo', ...own];
    case 'fault':
      return ['fault', ...wordsOf(act.target), ...own];
    case 'drill':
      return [
        ...['drill', ...wordsOf(act.target)],
        ...(act.expect === undefined ? [] : ['--expect', String(act.expect)]),
        ...own,
      ];
    case 'up':
      return ['up', ...(act.topology === undefined ? [] : ['--topology', act.topology]), ...own];
    case 'start':
      return [
        ...['start', act.lab, ...(act.resume ? ['--resume'] : [])],
        ...(act.fromMine ? ['--from-mine'] : []),
        ...(act.student === undefined ? [] : ['--student', act.student]),
        ...(act.code === undefined ? [] : ['--code', act.code]),
        ...own,
      ];
    case 'halt':
      return ['halt', ...own];
    case 'destroy':
      // The page has asked what the command would ask.
      return ['destroy', '--yes', ...own];
    case 'snapshot':
      return ['snapshot', act.action, act.snapshot, ...own];
  }
}

const wordsOf = ({ kind, machine, holder, service, peer, switch: name }: Target): string[] => [
  ...(machine === undefined ? [] : [machine]),
  ...['--fault', kind === 'one-cable' ? 'cable' : kind],
  ...(holder === undefined ? [] : ['--holder', holder]),
  ...(service === undefined ? [] : ['--service', service]),
  ...(peer === undefined ? [] : ['--from', peer]),
  ...(name === undefined ? [] : ['--switch', name]),
];
