import { applicationLine, applicationName, frontPage, recordedApplication } from '../app/application.ts';
import { confirmApplication, selectApplication } from '../app/select.ts';
import type { Engine, EngineName } from '../engines/engine.ts';
import { INSIDE } from '../engines/inside.ts';
import { openEngine } from '../engines/open.ts';
import { missingBuilds, preparationJobs } from '../image/preparation.ts';
import {
  type Lab,
  type LabRecord,
  machineNamed,
  openLab,
  readRecord,
  recordedTopology,
  writeRecord,
} from '../lab/lab.ts';
import { ownTopologyNote } from '../lab/own-topology.ts';
import { ROOT } from '../lab/paths.ts';
import { factorNamed, settleTimers } from '../lab/speed.ts';
import { timeoutFactor, timersOf } from '../lab/timers.ts';
import { roleNamed, rolesUntil } from '../provision/choice.ts';
import { readService } from '../provision/context.ts';
import { labFacts } from '../provision/facts.ts';
import { missingRoles, readRoles } from '../provision/roles.ts';
import { showBoots, showProvisioning } from '../provision/show.ts';
import { idleMachines } from '../status/power.ts';
import { settle } from '../status/settle.ts';
import { loadTopology } from '../topology/load.ts';
import { machinesOf } from '../topology/model.ts';
import { LabError } from '../ui/errors.ts';
import { seconds, showJobs } from '../ui/progress.ts';
import { label, say } from '../ui/text.ts';

export interface UpOptions {
  name: string;
  /** Names of the machines to start and provision; all when there are none. */
  machines?: string[];
  topology?: string;
  engine?: EngineName;
  mirror?: string;
  app?: 'auto' | 'sample' | 'nextcloud';
  /** Path or address of a release archive. */
  nextcloud?: string;
  nextcloudSha256?: string;
  provision: boolean;
  /** Apply this role and what it needs, and no other. */
  until?: string;
  /** fast, slow or a factor (lab/timers.ts). */
  timers?: string;
  yes?: boolean;
  json?: boolean;
}

export async function up(options: UpOptions): Promise<number> {
  const since = Date.now();
  const wish = options.timers === undefined ? undefined : factorNamed(options.timers);
  const quiet = options.json ?? false;
  const note = (line: string) => (quiet ? undefined : console.log(line));
  const lab = await chooseLab(options, note);
  const chosen = new Set((options.machines ?? []).map((name) => machineNamed(lab.topology, name).name));
  const machines = lab.topology.machines.filter(({ name }) => chosen.size === 0 || chosen.has(name));
  const target = options.until ? roleNamed(readRoles(lab.root), lab.topology, options.until) : undefined;
  note(applicationLine(lab.record));
  const build = { mirror: options.mirror };
  const engine = await openEngine(lab, build);
  const whole = options.provision && !target && chosen.size === 0;
  if (wish !== undefined && !whole) throw notWhole();
  const timers = await settleTimers(lab, () => engine.states(), { wish, whole });
  if (timers) note(say(timers));
  const preparation = await preparationJobs(lab, options);
  if (preparation.length > 0) await showJobs(preparation, { parallel: true, quiet });
  await engine.prepare(() => undefined);
  await undoDrill(lab, engine);
  await (await import('../labs/moves.ts')).mayHoldWork(lab.folder);
  if (!options.provision) {
    await showBoots(engine, lab, machines, quiet);
    note(
      say({ en: `Machines started in ${seconds(since)}.`, fr: `Machines démarrées en ${seconds(since)}.` }),
    );
    return 0;
  }

  const facts = await labFacts(lab);
  const left = missingRoles(facts.roles, lab.topology);
  const only = target ? rolesUntil(facts.roles, target) : undefined;
  const keepsStart =
    !only &&
    machines.length === lab.topology.machines.length &&
    engine.quickSnapshots &&
    [...(await engine.states()).values()].every((state) => state === 'absent');
  const all = await showProvisioning(engine, lab, facts, { machines, scope: only ? { only } : {}, quiet });

  const front = lab.topology.floating.front?.address;
  const client = machinesOf(lab.topology, 'client')[0];
  const off = chosen.size > 0 ? await idleMachines(engine, lab.topology.machines) : [];
  let answer: Awaited<ReturnType<typeof settle>>;
  // A part of the roles, or of the machines, need not make a service that answers.
  if (!only && off.length === 0) {
    const way = (await engine.sshHosts()).find((one) => one.Host === client?.name);
    const page = { host: readService(ROOT).host, page: frontPage(lab.record.app) };
    const asked = front && way ? { client: way, address: front, ...page } : undefined;
    answer = await settle(engine, facts, asked, { factor: timeoutFactor(facts), quiet });
  }
  if (keepsStart) {
    const { keepWholeStart } = await import('../labs/start.ts');
    await keepWholeStart(engine, lab, facts);
  }
  if (options.json) {
    const took = Number(((Date.now() - since) / 1000).toFixed(1));
    console.log(
      JSON.stringify(
        {
          lab: lab.name,
          engine: engine.name,
          app: lab.record.app,
          nextcloud: lab.record.nextcloud,
          timers: timersOf(lab.record),
          seconds: took,
          front,
          answer,
          ...(target ? { until: target } : {}),
          machines: all,
          off,
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
  if (off.length > 0) {
    const names = off.join(', ');
    note(
      say({
        en: `Left off: ${names}; so the page was not asked for. \`lab up\` starts them too.`,
        fr: `Laissées éteintes : ${names} ; la page n'a donc pas été demandée. \`lab up\` les démarre aussi.`,
      }),
    );
  }
  if (target && only) {
    const roles = [...facts.roles.keys()].filter((role) => only.has(role)).join(', ');
    note(
      say({
        en: `Applied where machines have them: ${roles}; no other role. Ready in ${seconds(since)}. \`lab up\` applies the rest.`,
        fr: `Appliqués là où des machines les ont : ${roles} ; aucun autre rôle. Prêt en ${seconds(since)}. \`lab up\` applique le reste.`,
      }),
    );
    return 0;
  }
  note(
    say({
      en: `Ready in ${seconds(since)}. Next: lab open (in a browser), lab status, lab ssh ${client?.name ?? lab.topology.machines[0]?.name}.`,
      fr: `Prêt en ${seconds(since)}. Ensuite : lab open (dans un navigateur), lab status, lab ssh ${client?.name ?? lab.topology.machines[0]?.name}.`,
    }),
  );
  return 0;
}

/** Timers are the same on all machines, or machines take each other for dead. */
function notWhole(): LabError {
  return new LabError(
    { en: '--timers is for the whole lab.', fr: '--timers vaut pour tout le lab.' },
    {
      en: 'leave out the names of machines: `lab up --timers FACTOR`.',
      fr: 'enlevez les noms de machines : `lab up --timers FACTEUR`.',
    },
  );
}

/** A drill that was interrupted may have left its fault: what is asked for now is a lab that works. */
async function undoDrill(lab: Lab, engine: Engine): Promise<void> {
  const { leftFault, undoLeft } = await import('../drill/journal.ts');
  if (!leftFault(lab.folder)) return;
  await undoLeft(lab.folder, {
    engine,
    topology: lab.topology,
    nic: INSIDE[lab.record.engine].nic,
    factor: timersOf(lab.record).factor,
  });
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
      const own = option === '--topology' && known.ownOf !== undefined;
      const scaled = own
        ? { en: ', since changed by `lab scale`', fr: ', modifiée depuis par `lab scale`' }
        : { en: '', fr: '' };
      throw new LabError(
        {
          en: `The lab "${options.name}" already exists with ${option} ${was}${scaled.en}.`,
          fr: `Le lab « ${options.name} » existe déjà avec ${option} ${was}${scaled.fr}.`,
        },
        {
          en: `leave ${option} out, choose another --name, or remove this one with \`lab destroy --name ${options.name}\`.`,
          fr: `enlevez ${option}, choisissez un autre --name, ou supprimez celui-ci avec \`lab destroy --name ${options.name}\`.`,
        },
      );
    }
    await confirmApplication(options.name, known, options);
    const lab = await openLab(options.name, known);
    const own = await ownTopologyNote(lab);
    if (own) note(own);
    return lab;
  }
  const topology = options.topology ?? 'seven';
  const loaded = await loadTopology(topology, ROOT);
  // Before anything is made.
  for (const name of options.machines ?? []) machineNamed(loaded, name);
  const { selectEngine } = await import('../engines/select.ts');
  const choice = await selectEngine(loaded, options.engine, { yes: options.yes ?? false });
  note(`${label({ en: 'Engine', fr: 'Moteur' })} ${choice.engine} (${say(choice.why)})`);
  // Now, and not after a long download: `yes` is given once, and what is interrupted later finds everything installed.
  if (choice.engine === 'uml') await missingBuilds(options);
  const application = await selectApplication(loaded, choice.engine, options);
  const record: LabRecord = {
    topology: recordedTopology(topology),
    engine: choice.engine,
    ...(choice.driver ? { driver: choice.driver } : {}),
    app: application.app,
    appWhy: application.why,
    ...(application.nextcloud ? { nextcloud: application.nextcloud } : {}),
  };
  await writeRecord(options.name, record);
  return openLab(options.name, record);
}
