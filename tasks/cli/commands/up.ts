import { applicationLine, frontPage, servedApplication } from '../../artifacts/application/application.ts';
import { LabError } from '../../base/errors.ts';
import { ROOT } from '../../base/paths.ts';
import { showJobs } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import { type Engine, insideOf } from '../../engines/engine.ts';
import { fewerProcessors } from '../../engines/limits.ts';
import { idleMachines } from '../../engines/power.ts';
import { openEngine } from '../../environment/open-engine.ts';
import { preparationJobs } from '../../environment/preparation.ts';
import { roleNamed, rolesUntil } from '../../environment/provision/choice.ts';
import { environmentFacts } from '../../environment/provision/facts.ts';
import { resultWords, showBoots, showProvisioning } from '../../environment/provision/show.ts';
import { confirmRecord, type Environment } from '../../environment/record.ts';
import { factorNamed, settleTimers } from '../../environment/speed.ts';
import { bringUp } from '../../exercises/session/bring-up.ts';
import { readState, writeDown } from '../../exercises/state/state.ts';
import { settle } from '../../inspect/settle.ts';
import { COMMON, missingRoles, readRoles } from '../../roles/roles.ts';
import { readService } from '../../roles/service.ts';
import { timeoutFactor, timersOf } from '../../roles/timers.ts';
import { machineNamed, machinesOf } from '../../topology/model.ts';
import { note as tellWatchers } from '../../watch/stream.ts';
import { chooseLab, type LabChoice } from './choose-lab.ts';
import { tellBooted, tellLeaving, tellReady } from './up-report.ts';
import { recordUp, type UpTimeline } from './up-timeline.ts';

export interface UpOptions extends LabChoice {
  mirror?: string;
  provision: boolean;
  /** Apply every role also where a lab was started. */
  allRoles?: boolean;
  /** Apply this role and what it needs, and no other. */
  until?: string;
  /** fast, slow or a factor (roles/timers.ts). */
  timers?: string;
  /** File to write a page into, that shows what took how long. */
  timeline?: string;
}

/** `lab up`. A timeline is written also, and above all, when it fails. */
export async function up(options: UpOptions): Promise<number> {
  const timeline = recordUp(options.timeline, (line) => (options.json ? undefined : console.log(line)));
  try {
    return await upRecorded(options, timeline);
  } finally {
    await timeline.finish();
  }
}

async function upRecorded(options: UpOptions, timeline: UpTimeline): Promise<number> {
  const { recorder } = timeline;
  const since = Date.now();
  const wish = options.timers === undefined ? undefined : factorNamed(options.timers);
  const quiet = options.json ?? false;
  const note = (line: string) => (quiet ? undefined : console.log(line));
  const environment = await chooseLab(options, note);
  const chosen = new Set(
    (options.machines ?? []).map((name) => machineNamed(environment.topology, name).name),
  );
  const machines = environment.topology.machines.filter(({ name }) => chosen.size === 0 || chosen.has(name));
  const target = options.until
    ? roleNamed(readRoles(environment.root), environment.topology, options.until)
    : undefined;
  const state = await readState(environment.folder);
  const plan = bringUp(state, options);
  const leaves = plan.way === 'roles' && plan.leaves;
  const { serves: _, ...own } = environment.record;
  note(applicationLine(leaves ? own : environment.record));
  const build = { mirror: options.mirror };
  const engine = confirming(await openEngine(environment, build), environment.name);
  timeline.opened(engine, environment);
  const less = fewerProcessors(engine, machines);
  if (less) note(less.render());
  const whole = plan.way === 'roles' && !target && chosen.size === 0;
  if (wish !== undefined && !whole) throw notWhole();
  const timers = await settleTimers(environment, () => engine.states(), { wish, whole });
  if (timers) note(say(timers));
  const preparation = await preparationJobs(environment, options);
  if (preparation.length > 0)
    await recorder.during({ kind: 'kit', name: 'build' }, () =>
      showJobs(preparation, { parallel: true, quiet }),
    );
  await recorder.during({ kind: 'kit', name: 'network' }, () => engine.prepare(() => undefined));
  await undoFaults(environment, engine);
  const moves = await import('../../exercises/session/moves.ts');
  if (plan.way === 'boot') {
    await moves.mayHoldWork(environment.folder);
    await recorder.during({ kind: 'kit', name: 'roles' }, () =>
      showBoots(engine, environment, machines, quiet, recorder),
    );
    const { regroup } = await import('../../exercises/session/regroup.ts');
    const regrouped = plan.lab === undefined ? undefined : await regroup({ engine, environment });
    if (regrouped) note(say(regrouped));
    await timeline.finish();
    tellBooted({ environment, lab: plan.lab, machines, since, quiet });
    return 0;
  }
  const saved = leaves ? await moves.leaveLab({ environment, engine, state }) : undefined;
  if (saved !== undefined) note(tellLeaving(saved));

  const facts = await environmentFacts(environment);
  const left = missingRoles(facts.roles, environment.topology);
  const only = target ? rolesUntil(facts.roles, target) : undefined;
  const keepsStart =
    !only &&
    machines.length === environment.topology.machines.length &&
    engine.quickSnapshots &&
    [...(await engine.states()).values()].every((state) => state === 'absent');
  await writeDown(environment.folder, {
    kind: 'up',
    what: target ? `--until ${target}` : '',
    roles: [...facts.roles.keys()].filter((role) => role !== COMMON && (only?.has(role) ?? true)),
  });
  const all = await recorder.during({ kind: 'kit', name: 'roles' }, () =>
    showProvisioning(engine, environment, facts, {
      machines,
      scope: only ? { only } : {},
      quiet,
      recorder,
      ended: (result) =>
        void tellWatchers(environment.folder, result.machine, 'applied', resultWords(result)),
    }),
  );
  await (await import('../../exercises/session/anchor.ts')).anchorRecord(engine, environment);

  const front = environment.topology.floating.front?.address;
  const client = machinesOf(environment.topology, 'client')[0];
  const off = chosen.size > 0 ? await idleMachines(engine, environment.topology.machines) : [];
  let answer: Awaited<ReturnType<typeof settle>>;
  // A part of the roles, or of the machines, need not make a service that answers.
  if (!only && off.length === 0) {
    const way = (await engine.sshHosts()).find((host) => host.Host === client?.name);
    const page = { host: readService(ROOT).host, page: frontPage(facts.app) };
    const asked = front && way ? { client: way, address: front, ...page } : undefined;
    answer = await recorder.during({ kind: 'kit', name: 'settle' }, () =>
      settle(engine, facts, asked, { factor: timeoutFactor(facts), quiet }),
    );
  }
  if (answer) await tellWatchers(environment.folder, '', 'serves', '');
  if (keepsStart) {
    const { keepWholeStart } = await import('../../exercises/session/start.ts');
    await recorder.during({ kind: 'kit', name: 'snapshot' }, () =>
      keepWholeStart(engine, environment, facts),
    );
  }
  const drawn = await timeline.finish();
  if (quiet) {
    const { app, nextcloud } = servedApplication(environment.record);
    const took = Number(((Date.now() - since) / 1000).toFixed(1));
    console.log(
      JSON.stringify(
        {
          lab: environment.name,
          engine: engine.name,
          app,
          nextcloud,
          timers: timersOf(environment.record),
          seconds: took,
          front,
          answer,
          ...(target ? { until: target } : {}),
          ...(saved === undefined ? {} : { saved }),
          machines: all,
          off,
          rolesNotAvailable: left,
          ...(drawn ? { timeline: drawn } : {}),
        },
        null,
        2,
      ),
    );
    return 0;
  }
  const applied = only ? [...facts.roles.keys()].filter((role) => only.has(role)) : undefined;
  tellReady({ environment, left, answer, off, applied, since });
  return 0;
}

/** The engine, which makes the lab's choice hold (confirmRecord) when a machine has started. */
export function confirming(engine: Engine, lab: string): Engine {
  const start = engine.start.bind(engine);
  engine.start = async (machine, report) => {
    await start(machine, report);
    await confirmRecord(lab);
  };
  return engine;
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

/** An interrupted drill, or a user, may have left faults: what is asked for now is a lab that works. */
async function undoFaults(environment: Environment, engine: Engine): Promise<void> {
  const { openFaults, undoOpen } = await import('../../measure/drill/open-fault.ts');
  if (openFaults(environment.folder).length === 0) return;
  await undoOpen(environment.folder, {
    engine,
    topology: environment.topology,
    nic: insideOf(environment.record.engine, environment.topology).nic,
    factor: timersOf(environment.record).factor,
  });
}
