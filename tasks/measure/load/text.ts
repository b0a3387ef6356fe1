import { say, table } from '../../base/text.ts';
import { type LoadLimit, sustained } from './limit.ts';
import type { LoadRun, Resource, StreamResult } from './model.ts';
import type { Tick } from './run.ts';

/** One line of progress. */
export function tickText(rate: number, { second, served, failed, waiting }: Tick): string {
  return say({
    en: `${rate}/s, ${second} s: ${served} answered, ${failed} failed, ${waiting} wait`,
    fr: `${rate}/s, ${second} s : ${served} servies, ${failed} échouées, ${waiting} en attente`,
  });
}

const milliseconds = (seconds: number | undefined) =>
  seconds === undefined ? '' : seconds < 10 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
const percent = (share: number) => `${Math.round(share * 100)} %`;
const decimal = (value: number) => (value < 10 ? value.toFixed(1) : String(Math.round(value)));

function kindText(stream: StreamResult): string {
  return stream.name === 'page' ? say({ en: 'page', fr: 'page' }) : say({ en: 'upload', fr: 'dépôt' });
}

/** What was used up first, for people. */
export function bottleneckText(resource: Resource | undefined, run: LoadRun): string {
  if (!resource) return say({ en: 'nothing is used up', fr: "rien n'est épuisé" });
  const { name, share } = resource;
  const roles = run.machines.find(({ machine }) => machine === name)?.roles.join(', ');
  switch (resource.kind) {
    case 'computer':
      return say({
        en: `this computer's processors (${percent(share)} busy${ownText(run)})`,
        fr: `les processeurs de cet ordinateur (occupés à ${percent(share)}${ownText(run)})`,
      });
    case 'machine':
      return say({
        en: `processor of ${name} (${percent(share)} busy; ${roles})`,
        fr: `processeur de ${name} (occupé à ${percent(share)} ; ${roles})`,
      });
    case 'connections':
      return say({
        en: `requests at a time on ${name} (${percent(share)} of what HAProxy allows)`,
        fr: `requêtes simultanées sur ${name} (${percent(share)} de ce que HAProxy permet)`,
      });
    case 'generator':
      return say({
        en: `the load generator itself (${percent(share)} of a processor)`,
        fr: `le générateur de charge lui-même (${percent(share)} d'un processeur)`,
      });
    case 'visitors':
      return say({
        en: `the client's connections (${percent(share)} at work): give more with --connections`,
        fr: `les connexions du client (occupées à ${percent(share)}) : augmentez --connections`,
      });
  }
}

/** How much of the computer's processors the lab itself took: the rest is somebody else's. */
function ownText({ machines, computer }: LoadRun): string {
  const taken = machines.flatMap((machine) => machine.taken ?? []);
  if (taken.length === 0) return '';
  const share = percent(taken.reduce((sum, value) => sum + value, 0) / computer.processors);
  return say({ en: `, ${share} by the lab's machines`, fr: `, dont ${share} par les machines du lab` });
}

/** Runs as a table, then where the time went. */
export function renderRuns(runs: LoadRun[], limit: LoadLimit, lab: { engine: string; app: string }): string {
  const head = [
    say({ en: 'WEB', fr: 'WEB' }),
    say({ en: 'KIND', fr: 'GENRE' }),
    say({ en: 'ASKED', fr: 'DEMANDÉ' }),
    say({ en: 'ANSWERED', fr: 'SERVI' }),
    say({ en: 'FAILED', fr: 'ÉCHECS' }),
    ...['P50', 'P90', 'P99', 'MAX'],
    say({ en: 'SENT-P99', fr: 'ENVOI-P99' }),
    say({ en: 'SUSTAINED', fr: 'TENU' }),
  ];
  const rows = runs.flatMap((run) =>
    run.generated.streams.map((stream) => [
      String(run.web.length),
      kindText(stream),
      `${decimal(stream.rate)}/s`,
      `${decimal(stream.throughput)}/s${stream.bytes > 0 ? ` (${(stream.bytes / stream.seconds / 2 ** 20).toFixed(1)} ${say({ en: 'MiB/s', fr: 'Mio/s' })})` : ''}`,
      stream.failed === 0 ? '0' : `${stream.failed} (${Object.keys(stream.causes).join(', ')})`,
      milliseconds(stream.latency?.p50),
      milliseconds(stream.latency?.p90),
      milliseconds(stream.latency?.p99),
      milliseconds(stream.latency?.max),
      milliseconds(stream.service?.p99),
      sustained(run, limit) ? say({ en: 'yes', fr: 'oui' }) : say({ en: 'no', fr: 'non' }),
    ]),
  );
  return [
    '',
    ...table([head, ...rows]),
    '',
    ...runs.flatMap((run) => useText(run)),
    say({
      en: `Times run from the moment a request was due (SENT: from when it was sent). Sustained: at most 0.1 % failed and p99 within ${milliseconds(limit.p99)}. Application: ${lab.app}.`,
      fr: `Chaque requête est chronométrée à partir de l'instant prévu (ENVOI : à partir de son envoi). Tenu : au plus 0,1 % d'échecs et p99 sous ${milliseconds(limit.p99)}. Application : ${lab.app}.`,
    }),
    ...(lab.engine === 'uml' ? [shared(runs)] : []),
  ].join('\n');
}

/** On this engine all machines share the computer's processors: more machines bring no more processors. */
function shared(runs: LoadRun[]): string {
  const processors = runs[0]?.computer.processors ?? 1;
  return say({
    en: `With the uml engine all machines, the client too, share this computer's ${processors} processors, each pinned to one: one more web machine adds processes and memory but no processing power, so these figures compare loads and show where time goes; they do not show how separate computers would scale, unless each machine was given a share of a processor (docs/load.md).`,
    fr: `Avec le moteur uml toutes les machines, le client aussi, se partagent les ${processors} processeurs de cet ordinateur, chacune attachée à un seul : une machine web de plus apporte des processus et de la mémoire mais aucune puissance de calcul ; ces chiffres comparent des charges et montrent où passe le temps, pas comment des ordinateurs séparés passeraient à l'échelle, sauf si chaque machine a reçu sa part d'un processeur (docs/load.md).`,
  });
}

/** How much each thing was used. */
function useText(run: LoadRun): string[] {
  const rate = run.generated.streams.reduce((sum, stream) => sum + stream.rate, 0);
  const title = say({
    en: `${run.web.length} web (${run.web.join(', ')}), ${decimal(rate)}/s. Bottleneck: ${bottleneckText(run.bottleneck, run)}`,
    fr: `${run.web.length} web (${run.web.join(', ')}), ${decimal(rate)}/s. Goulot d'étranglement : ${bottleneckText(run.bottleneck, run)}`,
  });
  const machines = run.machines.map(({ machine, busy, taken }) =>
    taken === undefined ? `${machine} ${percent(busy)}` : `${machine} ${percent(busy)} (${taken.toFixed(2)})`,
  );
  const servers = run.servers.map(({ server, requests, working, room }) =>
    say({
      en: `${server} ${requests} requests, ${working.toFixed(1)} of ${room} at a time`,
      fr: `${server} ${requests} requêtes, ${working.toFixed(1)} sur ${room} à la fois`,
    }),
  );
  const own = run.machines.some(({ taken }) => taken !== undefined)
    ? say({ en: " (processors of this computer's)", fr: ' (processeurs de cet ordinateur)' })
    : '';
  return [
    title,
    `  ${say({ en: 'computer', fr: 'ordinateur' })}: ${percent(run.computer.busy)}${ownText(run)}; ${say({ en: 'machines busy', fr: 'machines occupées' })}${own}: ${machines.join(', ')}`,
    `  ${servers.join('; ')}`,
    '',
  ];
}
