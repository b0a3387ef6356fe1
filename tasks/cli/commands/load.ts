import { LabError } from '../../base/errors.ts';
import { onInterrupt } from '../../base/interrupt.ts';
import { type Job, showJobs } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import { openEngine } from '../../environment/open-engine.ts';
import { environmentFacts } from '../../environment/provision/facts.ts';
import { type Environment, existingEnvironment } from '../../environment/record.ts';
import { findLimit, type LoadLimit, sustained } from '../../measure/load/limit.ts';
import type { LoadKind, LoadRun } from '../../measure/load/model.ts';
import { durationOption, loadTarget, numberOption, streamsOf, webOption } from '../../measure/load/plan.ts';
import { type LoadSite, measure, openLoadSite } from '../../measure/load/run.ts';
import { keepLoad, keptLoads, type LoadRecord } from '../../measure/load/store.ts';
import { renderRuns, tickText } from '../../measure/load/text.ts';
import { outOfService, takeOutOfService } from '../../measure/load/web.ts';
import { timeoutFactor } from '../../roles/timers.ts';

export interface LoadCommand {
  name: string;
  kind: LoadKind;
  rate: string;
  connections: string;
  size: string;
  for: string;
  timeout: string;
  web?: string;
  findLimit?: boolean;
  p99: string;
  last?: boolean;
  json?: boolean;
}

/** Share of requests that may fail in a load that counts as sustained, and how near the search goes to the limit. */
const FAILED = 0.001;
const PRECISION = 0.1;
/** Seconds and rate of the requests before the first measurement, which fill caches; they are not counted. */
const WARM_UP = { seconds: 3, rate: 5 };

/** `lab load`: measures what the lab sustains. Exit code 0 when every load was sustained (or a limit was found), else 1. */
export async function load(options: LoadCommand): Promise<number> {
  const rate = numberOption('--rate', options.rate, 0.1, 5000);
  const connections = numberOption('--connections', options.connections, 1, 1000);
  const size = numberOption('--size', options.size, 1, 65536) * 1024;
  const seconds = durationOption('--for', options.for);
  const timeout = numberOption('--timeout', options.timeout, 1, 120);
  const limit: LoadLimit = { p99: numberOption('--p99', options.p99, 0.001, 120), failed: FAILED };

  const record = await existingEnvironment(options.name);
  if (options.last) return showLast(record, options.json ?? false);
  const begun = new Date().toISOString();
  const facts = await environmentFacts(record);
  const site = await openLoadSite(await openEngine(record), facts);
  const names = site.web.map(({ name }) => name);
  const counts = webOption(options.web, names);
  await refuseDrained(site);
  const target = loadTarget(facts);
  const loadOf = (wanted: number) => ({
    streams: streamsOf(target, { kind: options.kind, rate: wanted, connections, size }),
    ...{ url: target.url, seconds, timeout, connections },
  });

  const runs: LoadRun[] = [];
  const jobs = counts.map(
    (count): Job => ({
      title: say({ en: `web machines: ${count}`, fr: `machines web : ${count}` }),
      run: async (report) => {
        const inService = names.slice(0, count);
        const drained = await takeOutOfService(site.balancers, names.slice(count), timeoutFactor(facts));
        const forget = onInterrupt(() => void drained.release());
        const once = (wanted: number) =>
          measure(site, loadOf(wanted), inService, (tick) => report(tickText(wanted, tick)));
        try {
          const warm = { ...loadOf(WARM_UP.rate), seconds: WARM_UP.seconds };
          await measure(site, warm, inService, () => undefined);
          if (!options.findLimit) {
            runs.push(await once(rate));
            return undefined;
          }
          const { best, above } = await findLimit(rate, PRECISION, (run) => sustained(run, limit), once);
          runs.push(...[best, above].filter((run) => run !== undefined));
          return undefined;
        } finally {
          forget();
          await drained.release();
        }
      },
    }),
  );
  await showJobs(jobs, { parallel: false, quiet: options.json ?? false });

  const measured: LoadRecord = {
    ...{ begun, lab: options.name, engine: site.engine.name, app: facts.app },
    ...{ kind: options.kind, search: options.findLimit ?? false, limit },
    runs: runs.map((run) => ({ ...run, sustained: sustained(run, limit) })),
  };
  await keepLoad(record.folder, measured);
  show(measured, options.json ?? false);
  return options.findLimit || runs.every((run) => sustained(run, limit)) ? 0 : 1;
}

function show(measured: LoadRecord, json: boolean): void {
  console.log(json ? JSON.stringify(measured, null, 2) : renderRuns(measured.runs, measured.limit, measured));
}

/** `lab load --last`: the latest measurement again, without making one. */
async function showLast(environment: Environment, json: boolean): Promise<number> {
  const last = (await keptLoads(environment.folder)).at(-1);
  if (!last)
    throw new LabError(
      { en: 'No load of this lab was measured yet.', fr: "Aucune charge n'a encore été mesurée sur ce lab." },
      { en: 'measure one with `lab load`.', fr: 'mesurez-en une avec `lab load`.' },
    );
  show(last, json);
  return 0;
}

/** A machine that somebody else holds out of service would be brought back at the end, and be missed before. */
async function refuseDrained(site: LoadSite): Promise<void> {
  const out = await outOfService(site.balancers, timeoutFactor(site.facts));
  if (out.length === 0) return;
  throw new LabError(
    {
      en: `${out.join(', ')} is out of service on a load balancer, so the load would not be that of the whole lab.`,
      fr: `${out.join(', ')} est hors service sur un répartiteur : la charge ne serait pas celle du lab entier.`,
    },
    {
      en: `wait for the load or scaling that holds it, or bring it back: echo "set server web/${out[0]} state ready" | socat - /run/haproxy/admin.sock, on each load balancer.`,
      fr: `attendez la mesure ou le changement d'échelle qui la retient, ou remettez-la : echo "set server web/${out[0]} state ready" | socat - /run/haproxy/admin.sock, sur chaque répartiteur.`,
    },
  );
}
