import { join } from 'node:path';
import { applicationName, frontPage, recordedApplication } from '../app/application.ts';
import { ensureCode, hasCode } from '../app/code.ts';
import { confirmApplication, selectApplication } from '../app/select.ts';
import type { EngineName } from '../engines/engine.ts';
import { openEngine } from '../engines/open.ts';
import { askFront, frontError } from '../lab/front.ts';
import { type Lab, type LabRecord, openLab, readRecord, recordedTopology, writeRecord } from '../lab/lab.ts';
import { ROOT } from '../lab/paths.ts';
import { readService } from '../provision/context.ts';
import { labFacts } from '../provision/facts.ts';
import { waitForMachine } from '../provision/machine.ts';
import { type MachineResult, provisionLab } from '../provision/provision.ts';
import { missingRoles } from '../provision/roles.ts';
import { loadTopology } from '../topology/load.ts';
import { machinesOf } from '../topology/model.ts';
import { LabError } from '../ui/errors.ts';
import { type Job, seconds, showJobs } from '../ui/progress.ts';
import { say } from '../ui/text.ts';

export interface UpOptions {
  name: string;
  topology?: string;
  engine?: EngineName;
  mirror?: string;
  app?: 'auto' | 'sample' | 'nextcloud';
  /** Path or address of a release archive. */
  nextcloud?: string;
  nextcloudSha256?: string;
  provision: boolean;
  yes?: boolean;
  json?: boolean;
}

/** Seconds that the front door may take to answer once every role is applied. */
const FRONT_TIMEOUT = 30;

export async function up(options: UpOptions): Promise<number> {
  const since = Date.now();
  const quiet = options.json ?? false;
  const note = (line: string) => (quiet ? undefined : console.log(line));
  const lab = await chooseLab(options, note);
  const build = { mirror: options.mirror };
  const engine = await openEngine(lab, build);

  const preparation = await preparationJobs(lab, options);
  if (preparation.length > 0) await showJobs(preparation, { parallel: true, quiet });
  await engine.prepare(() => undefined);
  if (!options.provision) {
    // All at once: an engine may start machines that are asked for together in one go.
    await Promise.all(lab.topology.machines.map((machine) => engine.start(machine, () => undefined)));
    const isOn = (name: string) => async () => (await engine.states()).get(name) === 'running';
    const hosts = await engine.sshHosts();
    await Promise.all(hosts.map((host) => waitForMachine(host, [], engine.bootSeconds, isOn(host.Host))));
    note(
      say({ en: `Machines started in ${seconds(since)}.`, fr: `Machines démarrées en ${seconds(since)}.` }),
    );
    return 0;
  }

  const facts = await labFacts(lab);
  const left = missingRoles(facts.roles, lab.topology);
  const shown = new Map<string, (line: string) => void>();
  const results = provisionLab(
    engine,
    facts,
    join(lab.folder, 'logs'),
    lab.topology.machines,
    (machine, line) => shown.get(machine)?.(line),
  );
  const jobs: Job[] = lab.topology.machines.map((machine) => ({
    title: machine.name,
    run: async (report) => {
      shown.set(machine.name, report);
      const result = await results.get(machine.name);
      return result ? describe(result) : undefined;
    },
  }));
  await showJobs(jobs, { parallel: true, quiet });

  const front = lab.topology.floating.front?.address;
  const client = machinesOf(lab.topology, 'client')[0];
  let answer: Awaited<ReturnType<typeof askFront>>;
  if (front && client) {
    const host = (await engine.sshHosts()).find((one) => one.Host === client.name);
    answer = host
      ? await askFront(host, front, readService(ROOT).host, FRONT_TIMEOUT, frontPage(lab.record.app))
      : undefined;
    if (!answer) throw frontError(front);
  }
  const all = await Promise.all([...results.values()]);
  if (options.json) {
    const took = Number(((Date.now() - since) / 1000).toFixed(1));
    console.log(
      JSON.stringify(
        {
          lab: lab.name,
          engine: engine.name,
          app: lab.record.app,
          nextcloud: lab.record.nextcloud,
          seconds: took,
          front,
          answer,
          machines: all,
          rolesNotAvailable: left,
        },
        null,
        2,
      ),
    );
    return 0;
  }
  if (left.length > 0) {
    note(
      say({
        en: `Roles of the topology that this version does not provision yet: ${left.join(', ')}.`,
        fr: `Rôles de la topologie que cette version ne configure pas encore : ${left.join(', ')}.`,
      }),
    );
  }
  if (answer) {
    const runs = applicationName(recordedApplication(lab.record));
    note(
      say({
        en: `${runs.en} answers at https://${front}/ (from ${client?.name}: served by ${answer.servedBy} through ${answer.through}).`,
        fr: `${runs.fr} répond à https://${front}/ (depuis ${client?.name} : servi par ${answer.servedBy} via ${answer.through}).`,
      }),
    );
  }
  note(
    say({
      en: `Ready in ${seconds(since)}. Next: lab open (in a browser), lab status, lab ssh ${client?.name ?? lab.topology.machines[0]?.name}.`,
      fr: `Prêt en ${seconds(since)}. Ensuite : lab open (dans un navigateur), lab status, lab ssh ${client?.name ?? lab.topology.machines[0]?.name}.`,
    }),
  );
  return 0;
}

/** The lab as it exists, or a new one on the engine that suits this computer. */
async function chooseLab(options: UpOptions, note: (line: string) => void): Promise<Lab> {
  const known = await readRecord(options.name);
  if (known) {
    for (const [option, was, wished] of [
      ['--engine', known.engine, options.engine],
      ['--topology', known.topology, options.topology && recordedTopology(options.topology)],
    ] as const) {
      if (wished === undefined || wished === was) continue;
      throw new LabError(
        {
          en: `The lab "${options.name}" already exists with ${option} ${was}.`,
          fr: `Le lab « ${options.name} » existe déjà avec ${option} ${was}.`,
        },
        {
          en: `leave ${option} out, choose another --name, or remove this one with \`lab destroy --name ${options.name}\`.`,
          fr: `enlevez ${option}, choisissez un autre --name, ou supprimez celui-ci avec \`lab destroy --name ${options.name}\`.`,
        },
      );
    }
    await confirmApplication(options.name, known, options);
    noteApplication(known, note);
    return openLab(options.name, known);
  }
  const topology = options.topology ?? 'seven';
  const loaded = await loadTopology(topology, ROOT);
  const { selectEngine } = await import('../engines/select.ts');
  const choice = await selectEngine(loaded, options.engine, { yes: options.yes ?? false });
  note(`${say({ en: 'Engine', fr: 'Moteur' })}: ${choice.engine} (${say(choice.why)})`);
  const application = await selectApplication(loaded, choice.engine, options);
  const record: LabRecord = {
    topology: recordedTopology(topology),
    engine: choice.engine,
    ...(choice.driver ? { driver: choice.driver } : {}),
    app: application.app,
    appWhy: application.why,
    ...(application.nextcloud ? { nextcloud: application.nextcloud } : {}),
  };
  noteApplication(record, note);
  await writeRecord(options.name, record);
  return openLab(options.name, record);
}

/** What must be built before machines can start; empty when it is all in the cache. */
async function preparationJobs(lab: Lab, options: UpOptions): Promise<Job[]> {
  const { ensureBuilt, isBuilt } = await import('../image/build.ts');
  const { nextcloud } = lab.record;
  if (lab.record.engine !== 'uml') {
    if (lab.record.engine !== 'vagrant-libvirt') return [];
    const { boxJobs } = await import('../image/box.ts');
    return boxJobs({ mirror: options.mirror });
  }
  const titles = {
    image: say({ en: 'base image', fr: 'image de base' }),
    kernel: say({ en: 'kernel', fr: 'noyau' }),
  };
  const missing: ('image' | 'kernel')[] = [];
  for (const kind of ['image', 'kernel'] as const) if (!(await isBuilt(kind))) missing.push(kind);
  if (missing.length > 0) {
    const { installFor } = await import('../engines/select.ts');
    await installFor(missing, { yes: options.yes ?? false });
  }
  const code: Job[] =
    nextcloud && !(await hasCode(nextcloud))
      ? [
          {
            title: `Nextcloud ${nextcloud.release}`,
            run: async (report) => void (await ensureCode(nextcloud, report)),
          },
        ]
      : [];
  const builds = missing.map(
    (kind): Job => ({
      title: titles[kind],
      run: async (report) => {
        await ensureBuilt(kind, { mirror: options.mirror }, report);
        return undefined;
      },
    }),
  );
  return [...builds, ...code];
}

/** What the lab serves, and why. */
function noteApplication(record: LabRecord, note: (line: string) => void): void {
  const { why, ...application } = recordedApplication(record);
  note(
    `${say({ en: 'Application', fr: 'Application' })}: ${say(applicationName(application))} (${say(why)})`,
  );
}

function describe(result: MachineResult): string {
  const parts = result.applied.map(({ role, changes }) =>
    changes > 0 ? `${role} (${changes})` : `${role} (${say({ en: 'unchanged', fr: 'inchangé' })})`,
  );
  if (result.unchanged.length > 0) {
    parts.push(`${result.unchanged.join(', ')} ${say({ en: 'unchanged', fr: 'inchangé' })}`);
  }
  if (result.started) parts.unshift(say({ en: 'started', fr: 'démarrée' }));
  return parts.join(' · ');
}
