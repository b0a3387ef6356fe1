import type { Text } from '../../base/text.ts';
import type { Holder } from '../../inspect/holders.ts';
import { EVENT_WORDS } from '../../inspect/journal/words.ts';
import type { DrillEvent, DrillResult, FaultKind, Kind } from '../../measure/drill/model.ts';
import type { RoleName } from '../../topology/model.ts';
import type { Dossier, Loss, Outage } from './model.ts';
import { type Agreement, listed, machineOf, plainText, type Row, type Seen } from './seen.ts';
import { outageWords, takersWords } from './words.ts';

/** Faults after which a machine says nothing any more: it is lost. */
const LOST: readonly FaultKind[] = ['power', 'cable', 'freeze', 'fading'];

/** What of a machine a role is in charge of, and the requests that feel it. */
const FELT: Partial<Record<RoleName, { held?: Holder; kinds: Kind[] }>> = {
  lb: { held: 'front', kinds: ['page.new', 'page.kept'] },
  web: { kinds: ['page.new', 'page.kept'] },
  router: { held: 'router', kinds: ['row'] },
  database: { held: 'database', kinds: ['row'] },
  session: { held: 'redis', kinds: ['session'] },
  storage: { held: 'storage', kinds: ['upload', 'download'] },
};

/** What a machine's loss is felt by: a large upload is under way when it comes and cannot be repeated. */
const ANY: Kind[] = ['page.new', 'page.kept', 'session', 'row', 'upload', 'download'];

/** Events that say that a machine has taken something over. */
const TAKEN = ['address-taken', 'promoted', 'redis-master'];

/** An outage may be so much longer than its prediction, share and seconds: requests come at intervals. */
const SLACK = { share: 0.1, seconds: 0.1 };

type Element = { hardware: string } | { component: string };

/** The drills of an element, and what is looked at in each. */
interface Measured {
  drills: DrillResult[];
  kinds: Kind[];
  /** Where it was lost. */
  loser: (drill: DrillResult) => string;
}

/** What is claimed of an element's loss beside the drills that caused it. */
export function drillRows(dossier: Dossier, element: Element, seen: Seen): Row[] {
  const name = 'hardware' in element ? element.hardware : element.component;
  const loss: Loss | undefined = 'hardware' in element ? dossier.hardware[name] : dossier.components[name];
  const measured = 'hardware' in element ? ofMachine(dossier, name, seen) : ofComponent(dossier, name, seen);
  if (!loss || !measured) return [];
  const { drills } = measured;
  const ids = drills.map(({ id }) => id);
  const at = (row: Omit<Row, 'element' | 'drills'>): Row => ({ element: name, drills: ids, ...row });
  if (drills.length === 0) {
    const none = { en: 'no drill', fr: 'aucun exercice de panne' };
    return [at({ what: 'outage', claimed: outageWords(loss.outage), seen: none, agreement: 'open' })];
  }
  return [
    at({
      what: 'takes-over',
      claimed: takersWords(loss['takes-over']),
      ...takersSeen(dossier, loss, measured, seen),
    }),
    at({ what: 'outage', claimed: outageWords(loss.outage), ...outageSeen(loss.outage, measured) }),
    at({
      what: 'noticed',
      claimed: plainText(loss.noticed ?? '?'),
      seen: eventsText(drills),
      agreement: 'read',
    }),
    ...lostWrites(drills).map((seen) =>
      at({
        what: 'writes',
        claimed: { en: 'none is lost', fr: "aucune n'est perdue" },
        seen,
        agreement: 'wrong',
      }),
    ),
  ];
}

/** Drills that a machine was lost in; undefined for an element that is none of the lab's. */
function ofMachine(dossier: Dossier, name: string, { topology, drills }: Seen): Measured | undefined {
  const machine = machineOf(dossier, name, topology);
  if (!machine || machine.roles.every((role) => role === 'client')) return undefined;
  return {
    drills: drills.filter(({ fault }) => fault.machine === machine.name && LOST.includes(fault.kind)),
    kinds: ANY,
    loser: () => machine.name,
  };
}

const letters = (text: string): string => text.toLowerCase().replaceAll(/[^a-z]/g, '');

/** Drills that a component was lost in: its process killed, or the machine that was in charge of it lost. */
function ofComponent(
  dossier: Dossier,
  name: string,
  { topology, roles, drills }: Seen,
): Measured | undefined {
  const { role, software = '' } = dossier.components[name] ?? {};
  const felt = role && FELT[role];
  if (!role || !felt) return undefined;
  const alone = Object.values(dossier.components).filter((other) => other.role === role).length === 1;
  // Of several components of one role, a service belongs to the one whose software has its name.
  const services = (roles.get(role)?.services ?? []).filter(
    (service) => alone || letters(software).includes(letters(service)),
  );
  const has = (machine: string) =>
    topology.machines.some((other) => other.name === machine && other.roles.includes(role));
  const own = ({ fault }: DrillResult) =>
    fault.kind === 'kill' && has(fault.machine) && services.includes(fault.service ?? '');
  const machineLost = ({ fault }: DrillResult) =>
    LOST.includes(fault.kind) &&
    has(fault.machine) &&
    (felt.held === undefined || fault.held.includes(felt.held));
  return {
    drills: drills.filter((drill) => own(drill) || machineLost(drill)),
    kinds: felt.kinds,
    loser: ({ fault }) => fault.machine,
  };
}

/** The longest outage of a drill, of some kinds of requests; whether it can be relied on. */
function worst(drill: DrillResult, kinds: Kind[]): { seconds: number; ended: boolean; certain: boolean } {
  const own = drill.kinds.filter(({ kind }) => kinds.includes(kind));
  const seconds = Math.max(0, ...own.map(({ longest }) => longest));
  const windows = own.flatMap(({ windows }) => windows.filter(({ start }) => start >= drill.times.fault - 1));
  return {
    seconds,
    ended: windows.every(({ end }) => end !== null),
    certain:
      drill.verdict !== 'unknown' &&
      !windows.some(({ doubtful, start, end }) => doubtful && (end ?? 0) - start >= seconds - 0.001),
  };
}

function outageSeen(
  claimed: Outage | undefined,
  { drills, kinds }: Measured,
): { seen: Text; agreement: Agreement } {
  const all = drills.map((drill) => worst(drill, kinds));
  const longest = all.reduce((a, b) => (b.seconds > a.seconds || !b.ended ? b : a));
  const digits = longest.seconds.toFixed(2);
  const times = all.length > 1 ? all.length : 0;
  const least = longest.ended ? '' : '≥ ';
  const doubt = longest.certain ? plainText('') : { en: ', disturbed', fr: ', perturbé' };
  const seen: Text = {
    en: `${least}${digits} s${times ? `, the longest of ${times}` : ''}${doubt.en}`,
    fr: `${least}${digits.replace('.', ',')} s${times ? `, la plus longue de ${times}` : ''}${doubt.fr}`,
  };
  if (claimed === undefined) return { seen, agreement: 'open' };
  if (claimed === 'forever') return { seen, agreement: longest.ended ? 'wrong' : 'holds' };
  const limit = (claimed as number) * (1 + SLACK.share) + SLACK.seconds;
  const over = all.filter(({ seconds, ended }) => seconds > limit || !ended);
  if (over.length === 0) return { seen, agreement: 'holds' };
  // A computer that stood still is not the service's fault.
  return { seen, agreement: over.some(({ certain }) => certain) ? 'wrong' : 'open' };
}

/** The events of a drill between its fault and its undoing. */
const during = ({ events, times }: DrillResult): DrillEvent[] =>
  events.filter(({ at, machine }) => machine !== '' && at >= times.fault && at <= (times.undo ?? times.end));

/** Who was seen to take something over from the one that was lost. */
function takersSeen(
  dossier: Dossier,
  loss: Loss,
  { drills, loser }: Measured,
  { topology }: Seen,
): { seen: Text; agreement: Agreement } {
  const took = [
    ...new Set(
      drills.flatMap((drill) =>
        during(drill).flatMap(({ what, machine }) =>
          TAKEN.includes(what) && machine !== loser(drill) ? [machine] : [],
        ),
      ),
    ),
  ];
  if (took.length === 0)
    return {
      seen: { en: 'no journal tells of it', fr: "aucun journal n'en parle" },
      agreement: 'open',
    };
  const seen = listed(took);
  if (loss['takes-over'] === undefined) return { seen, agreement: 'open' };
  const claimed = loss['takes-over'].map((name) => machineOf(dossier, name, topology)?.name ?? name);
  return { seen, agreement: took.every((machine) => claimed.includes(machine)) ? 'holds' : 'wrong' };
}

/** How many events are told of a drill. */
const TOLD = 3;

/** What the machines noticed first in the latest drill that tells it, in seconds after the fault. */
function eventsText(drills: DrillResult[]): Text {
  const telling = drills.findLast((drill) => during(drill).length > 0);
  if (!telling) return { en: 'no journal tells of it', fr: "aucun journal n'en parle" };
  const first = during(telling).slice(0, TOLD);
  const line = (language: keyof Text) =>
    first
      .map(({ at, machine, what }) => {
        const after = (at - telling.times.fault).toFixed(2);
        const seconds = language === 'fr' ? after.replace('.', ',') : after;
        return `${seconds} s ${machine} ${EVENT_WORDS[what]?.[language] ?? what}`;
      })
      .join('; ');
  return { en: line('en'), fr: line('fr').replaceAll('; ', ' ; ') };
}

/** Acknowledged writes that were gone afterwards: no dossier may claim them. */
function lostWrites(drills: DrillResult[]): Text[] {
  const lost = drills.reduce(
    (sum, { writes }) => sum + writes.reduce((n, write) => n + write.lost.length, 0),
    0,
  );
  return lost === 0
    ? []
    : [{ en: `${lost} acknowledged writes lost`, fr: `${lost} écritures confirmées perdues` }];
}
