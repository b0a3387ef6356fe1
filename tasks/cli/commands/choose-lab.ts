import type { EngineName } from '../../base/engine-names.ts';
import { LabError, messageOf } from '../../base/errors.ts';
import { ROOT } from '../../base/paths.ts';
import { label, say } from '../../base/text.ts';
import type { Choice } from '../../engines/choose.ts';
import type { Engine } from '../../engines/engine.ts';
import { fewerSwitches, switchesOf } from '../../engines/limits.ts';
import { ownTopologyNote } from '../../environment/own-topology.ts';
import { missingBuilds } from '../../environment/preparation.ts';
import {
  beginRecord,
  type Environment,
  type EnvironmentRecord,
  openEnvironment,
  readBegun,
  readRecord,
  recordedTopology,
} from '../../environment/record.ts';
import { confirmApplication, selectApplication } from '../../environment/select-application.ts';
import { DEFAULT_TOPOLOGY, loadTopology } from '../../topology/load.ts';
import { machineNamed, type Topology } from '../../topology/model.ts';

/** What `lab up` lets a user choose of a lab. */
export interface LabChoice {
  name: string;
  /** Names of the machines to start and provision; all when there are none. */
  machines?: string[];
  topology?: string;
  engine?: EngineName;
  app?: 'auto' | 'sample' | 'nextcloud';
  /** Path or address of a release archive. */
  nextcloud?: string;
  nextcloudSha256?: string;
  yes?: boolean;
  json?: boolean;
}

type Note = (line: string) => void;

/** What choosing takes of this computer; tests give their own. */
export interface ChoiceHost {
  selectEngine(topology: Topology, wish: EngineName | undefined, options: { yes: boolean }): Promise<Choice>;
  missingBuilds(engine: EngineName, options: { yes?: boolean | undefined }): Promise<unknown>;
  openEngine(environment: Environment): Promise<Pick<Engine, 'destroy'>>;
}

const thisHost = async (): Promise<ChoiceHost> => ({
  ...(await import('../../engines/select.ts')),
  ...(await import('../../environment/open-engine.ts')),
  missingBuilds,
});

/** The lab as it exists, or a new one on the engine that suits this computer. */
export async function chooseLab(options: LabChoice, note: Note, host?: ChoiceHost): Promise<Environment> {
  const known = await readRecord(options.name);
  return known ? existing(options, known, note) : begin(options, note, host ?? (await thisHost()));
}

/** LabError when something else is asked for than the lab has. */
async function existing(options: LabChoice, known: EnvironmentRecord, note: Note): Promise<Environment> {
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
  const environment = await openEnvironment(options.name, known);
  const own = await ownTopologyNote(environment);
  if (own) note(own);
  return environment;
}

/**
 * A new lab. What a start before chose, of which no machine came up, is taken over where it is not asked for otherwise; its engine is
 * chosen anew, since it may be what did not work.
 */
async function begin(options: LabChoice, note: Note, host: ChoiceHost): Promise<Environment> {
  const begun = await readBegun(options.name);
  const topology = options.topology ?? begun?.topology ?? DEFAULT_TOPOLOGY;
  const loaded = await loadTopology(topology, ROOT);
  // Before anything is made.
  for (const name of options.machines ?? []) machineNamed(loaded, name);
  const choice = await host.selectEngine(loaded, options.engine, { yes: options.yes ?? false });
  note(`${label({ en: 'Engine', fr: 'Moteur' })} ${choice.engine} (${say(choice.why)})`);
  const fewer = fewerSwitches({ name: choice.engine }, loaded);
  if (fewer) note(`${say(fewer.what)} ${say(fewer.fix ?? { en: '', fr: '' })}`.trim());
  // Now, and not after a long download: `yes` is given once, and what is interrupted later finds everything installed.
  await host.missingBuilds(choice.engine, options);
  const same = begun !== undefined && begun.topology === recordedTopology(topology);
  const keepsApp = same && (options.app ?? 'auto') === 'auto' && !options.nextcloud;
  const application = keepsApp
    ? { app: begun.app, why: begun.appWhy, nextcloud: begun.nextcloud }
    : await selectApplication(loaded, choice.engine, options);
  const goesOn = same && begun.engine === choice.engine;
  if (begun && !goesOn) await removeBegun(options.name, begun, note, host);
  const record: EnvironmentRecord = {
    topology: recordedTopology(topology),
    engine: choice.engine,
    ...(choice.driver ? { driver: choice.driver } : {}),
    app: application.app,
    ...(application.why ? { appWhy: application.why } : {}),
    ...(application.nextcloud ? { nextcloud: application.nextcloud } : {}),
    switches: switchesOf(choice.engine, loaded),
    ...(goesOn && begun.timers ? { timers: begun.timers } : {}),
    ...(goesOn && begun.speed ? { speed: begun.speed } : {}),
  };
  await beginRecord(options.name, record);
  return openEnvironment(options.name, record);
}

/** Removes what a start left that nobody goes on with. Its engine may be what does not work: then it is said what could not be removed. */
async function removeBegun(
  name: string,
  begun: EnvironmentRecord,
  note: Note,
  host: ChoiceHost,
): Promise<void> {
  note(
    say({
      en: `An earlier start with ${begun.engine} came to no machine: what it left is removed.`,
      fr: `Un démarrage précédent avec ${begun.engine} n'a donné aucune machine : ce qu'il a laissé est supprimé.`,
    }),
  );
  try {
    await (await host.openEngine(await openEnvironment(name, begun))).destroy();
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    note(
      say({
        en: `Not all of it could be: ${messageOf(error)}`,
        fr: `Tout n'a pas pu l'être : ${messageOf(error)}`,
      }),
    );
  }
}
