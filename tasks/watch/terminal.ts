import { NAMES } from '../architecture/look.ts';
import { type Language, say, table } from '../base/text.ts';
import type { RoleName } from '../topology/model.ts';
import type { LabState, Line } from './model/state.ts';
import {
  type Copies,
  copies,
  flowOf,
  holdings,
  isMirrored,
  isOpen,
  type MachineView,
  machineViews,
  requests,
  votings,
} from './model/view.ts';
import {
  clockOf,
  GROUP_WORDS,
  holdingText,
  lineText,
  MARK_WORDS,
  MARKS,
  rateText,
  sinceText,
  votingText,
} from './model/words.ts';

/** Shapes of a state that is more than a machine's. */
const SIGNS = { good: '●', bad: '▲', unknown: '?', unused: '○' };

/** The whole picture as lines of a terminal, at most `height` of them: the events give way first. */
export function renderPicture(state: LabState, height: number): string[] {
  const { plan } = state;
  if (!plan) return [say({ en: 'Waiting for the lab…', fr: 'En attente du lab…' })];
  const title = `${say({ en: 'Lab', fr: 'Lab' })} ${plan.lab} (${plan.engine}, ${plan.topology})  ${clockOf(state.t)}`;
  const command = state.command
    ? say({ en: `  \`${state.command}\` is at work`, fr: `  \`${state.command}\` est en cours` })
    : '';
  const broken = (state.broken ?? []).map(
    ({ since, words }) =>
      `${SIGNS.bad} ${say({ en: 'broken since', fr: 'cassé depuis' })} ${clockOf(since)}  ${say(words)}`,
  );
  const lines = [
    `${title}${command}`,
    ...broken,
    '',
    ...table(machineViews(state).map(machineRow)),
    '',
    heading({ en: 'ADDRESSES', fr: 'ADRESSES' }),
    ...table(
      holdings(state).map((holding) => [
        sign(HOLDING_SIGN[holding.status]),
        holding.address,
        say(NAMES[holding.role as RoleName] ?? { en: holding.role, fr: holding.role }),
        say(holdingText(holding)),
      ]),
    ),
    '',
    heading({ en: 'VOTES', fr: 'VOTES' }),
    ...table(
      votings(state).map((voting) => [
        sign(voting.status === 'majority' ? 'good' : voting.status === 'unknown' ? 'unknown' : 'bad'),
        say(GROUP_WORDS[voting.group]),
        say(votingText(voting)),
        voting.voters
          .map(({ machine, state: here }) => `${{ here: '●', lost: '○', unknown: '?' }[here]} ${machine}`)
          .join('  '),
      ]),
    ),
    '',
    heading({ en: 'COPIES OF DATA', fr: 'COPIES DES DONNÉES' }),
    ...table(copies(state).map(copiesRow)),
    '',
    heading({ en: 'REQUESTS', fr: 'REQUÊTES' }),
    ...requestRows(state),
    '',
    heading({ en: 'EVENTS', fr: 'ÉVÉNEMENTS' }),
  ];
  const room = Math.max(3, height - lines.length);
  return [...lines, ...state.lines.slice(-room).map(renderLine)];
}

const heading = (text: { en: string; fr: string }) => say(text);
const sign = (kind: keyof typeof SIGNS) => SIGNS[kind];
const HOLDING_SIGN = {
  one: 'good',
  several: 'bad',
  none: 'bad',
  unknown: 'unknown',
  unused: 'unused',
} as const;
const language = (): Language => say({ en: 'en', fr: 'fr' }) as Language;

/** One event as a line: time, machine, what happened. */
export const renderLine = (line: Line): string =>
  [clockOf(line.t), line.machine, say(lineText(line))].filter(Boolean).join(' ');

/** What is known of a machine, in few words. */
export function machineWords({ mark, state, failed }: MachineView): string {
  if (mark === 'trouble') return failed.map(([name, now]) => `${name} ${now}`).join(', ');
  // Of one that stands still, too, it is not known what it believes.
  if (mark === 'unknown' && state.heard !== undefined && state.unknownSince !== undefined)
    return say(sinceText(clockOf(state.unknownSince)));
  return say(MARK_WORDS[mark]);
}

function machineRow(view: MachineView): string[] {
  const { state, mark } = view;
  const heard = mark === 'well' || mark === 'trouble';
  const traffic = flowOf(state);
  const holds = [
    ...view.holds,
    ...view.held.map((address) => say({ en: `${address} (held)`, fr: `${address} (tenait)` })),
  ];
  return [
    MARKS[mark],
    view.name,
    machineWords(view),
    heard && state.load !== undefined ? `${say({ en: 'load', fr: 'charge' })} ${decimals(state.load)}` : '',
    traffic ? `↓ ${say(rateText(traffic.receiving))}` : '',
    traffic ? `↑ ${say(rateText(traffic.sending))}` : '',
    holds.join(' '),
  ];
}

const decimals = (value: number) =>
  language() === 'fr' ? value.toFixed(2).replace('.', ',') : value.toFixed(2);

function copiesRow({ machine, known, galera, replica, session }: Copies): string[] {
  const words: string[] = [];
  let good = known;
  if (galera !== undefined) {
    words.push(`Galera ${galera.split(' ').slice(0, 2).join(' ')}`);
    good &&= isOpen(galera);
  }
  if (replica) {
    const copied = replica.synced === undefined ? '' : ` ${replica.synced} %`;
    words.push(`DRBD ${replica.role} ${replica.disk}, ${replica.connection}${copied}`);
    good &&= isMirrored(replica);
  }
  if (session) {
    words.push(
      session.role === 'master'
        ? say({ en: 'Redis master', fr: 'Redis maître' })
        : session.linked
          ? say({ en: 'Redis replica', fr: 'Redis réplique' })
          : say({ en: 'Redis replica without its master', fr: 'Redis réplique sans son maître' }),
    );
    good &&= session.linked;
  }
  const last = known ? '' : say({ en: ' (its last word)', fr: ' (sa dernière parole)' });
  return [sign(!known ? 'unknown' : good ? 'good' : 'bad'), machine, `${words.join('; ')}${last}`];
}

function requestRows(state: LabState): string[] {
  const rows = requests(state).map(({ machine, rate, servers }) => [
    machine,
    `${rate}/s`,
    servers.map(([name, server]) => `${name} ${server.status} ${server.rate}/s`).join('  '),
  ]);
  return rows.length > 0
    ? table(rows)
    : [say({ en: 'no load balancer tells of any', fr: "aucun répartiteur n'en signale" })];
}

/** What changed between two states, in lines for a log: only what the events do not say. */
export function renderSummary(state: LabState): string[] {
  return [
    ...machineViews(state).map((view) => `${MARKS[view.mark]} ${view.name}: ${machineWords(view)}`),
    ...holdings(state).map((holding) => `${holding.address}: ${say(holdingText(holding))}`),
    ...votings(state).map((voting) => `${say(GROUP_WORDS[voting.group])}: ${say(votingText(voting))}`),
  ];
}
