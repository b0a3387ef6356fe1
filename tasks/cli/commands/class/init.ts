import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { LabError } from '../../../base/errors.ts';
import { ROOT } from '../../../base/paths.ts';
import { say } from '../../../base/text.ts';
import { CLASS_DEFAULTS } from '../../../class/defaults.ts';
import {
  classFolder,
  className,
  engineOf,
  readClass,
  type Settings,
  writeSettings,
} from '../../../class/record.ts';
import { knownTopologies, loadTopology } from '../../../topology/load.ts';
import { type InitOptions, notUsable } from './init-options.ts';

/** Seconds in which a lab saves itself before the cluster ends it. */
const GRACE = 180;

/** `lab class init FOLDER --cluster`: makes a class, or changes its settings; what is not named stays as it is. With `--servers`: servers.ts. */
export async function init(wish: string, options: InitOptions): Promise<number> {
  const { servers: named } = options;
  if (named !== undefined)
    return (await import('./servers.ts')).initServers(wish, { ...options, servers: named });
  if (!options.cluster)
    throw new LabError(
      {
        en: 'It is not said which servers the class has.',
        fr: 'On ne dit pas quels serveurs la classe utilise.',
      },
      {
        en: 'add --servers a,b,c for plain Debian servers, or --cluster on a computer that belongs to a Slurm cluster.',
        fr: 'ajoutez --servers a,b,c pour de simples serveurs Debian, ou --cluster sur un ordinateur qui fait partie d’un cluster Slurm.',
      },
    );
  const folder = classFolder(wish);
  const before = (await readClass(folder))?.settings;
  const settings = await settingsFrom(options, before, folder);
  // Before anything is written: the cluster must be there.
  const servers = await engineOf(settings).servers();
  await writeSettings(folder, settings);
  if (options.json) console.log(JSON.stringify({ folder, settings, servers }, null, 2));
  else {
    const names = servers.map(({ name }) => name).join(', ');
    console.log(
      say({
        en: `The class "${settings.name}" is in ${folder}; servers: ${names}. Next: \`lab class doctor --class ${wish}\`, then \`lab class up ROSTER.csv --class ${wish}\`.`,
        fr: `La classe « ${settings.name} » est dans ${folder} ; serveurs : ${names}. Ensuite : \`lab class doctor --class ${wish}\`, puis \`lab class up LISTE.csv --class ${wish}\`.`,
      }),
    );
  }
  return 0;
}

/** The settings that were asked for, else those of before, else the usual ones. LabError for one that cannot be. */
async function settingsFrom(
  options: InitOptions,
  before: Settings | undefined,
  folder: string,
): Promise<Settings> {
  const { partition, account, qos } = options;
  const topology = await topologyOf(options.topology ?? before?.topology);
  const cache = options.cache === undefined ? before?.cache : folderOf(options.cache, '--cache');
  const choice = {
    partition: partition ?? before?.partition,
    account: account ?? before?.account,
    qos: qos ?? before?.qos,
    ...{ cache, topology },
  };
  for (const [option, value] of Object.entries({ partition, account, qos }))
    if (value !== undefined && !/^[A-Za-z0-9._-]{1,100}$/.test(value)) throw notUsable(`--${option}`, value);
  const number = (
    text: string | undefined,
    old: number | undefined,
    usual: string | number,
    option: string,
    least: number,
    most: number,
    factor = 1,
  ) => {
    if (text === undefined && old !== undefined) return old;
    const value = Number(text ?? usual) * factor;
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw notUsable(option, text ?? '');
  };
  const settings: Settings = {
    version: 1,
    name: options.className
      ? className(options.className)
      : (before?.name ?? className(basename(folder).toLowerCase())),
    engine: 'slurm',
    memory: number(options.memory, before?.memory, CLASS_DEFAULTS.memory, '--memory', 256, 1_000_000),
    cores: number(options.cores, before?.cores, CLASS_DEFAULTS.cores, '--cores', 1, 128),
    minutes: number(options.hours, before?.minutes, CLASS_DEFAULTS.hours, '--hours', 2, 60 * 24 * 14, 60),
    extraMinutes: number(
      options.extra,
      before?.extraMinutes,
      CLASS_DEFAULTS.extraHours,
      '--extra',
      0,
      60 * 24,
      60,
    ),
    idleSeconds: number(
      options.idleSeconds,
      options.idle === undefined ? before?.idleSeconds : minutesOf(options.idle),
      CLASS_DEFAULTS.idleMinutes * 60,
      '--idle',
      0,
      24 * 3600,
    ),
    graceSeconds: number(options.graceSeconds, before?.graceSeconds, GRACE, '--grace-seconds', 10, 3600),
    saveSeconds: number(
      options.saveSeconds,
      options.save === undefined ? before?.saveSeconds : Number(options.save) * 60,
      CLASS_DEFAULTS.saveMinutes * 60,
      '--save',
      5,
      24 * 3600,
    ),
    scratch: folderOf(options.scratch ?? before?.scratch ?? CLASS_DEFAULTS.scratch, '--scratch'),
    app: options.app ?? before?.app ?? 'sample',
    program: programOf(options.program) ?? before?.program ?? join(ROOT, 'tasks', 'class', 'job', 'uml.sh'),
  };
  if (!Number.isInteger(settings.saveSeconds) || settings.saveSeconds < 5)
    throw notUsable('--save', options.save ?? '');
  const chosen = Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== undefined));
  return { ...settings, ...chosen };
}

/** Seconds of a number of minutes. LabError for anything else. */
function minutesOf(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) <= 24 * 60) return Number(text) * 60;
  throw notUsable('--idle', text);
}

const folderOf = (text: string, option: string): string => {
  if (/^\/[A-Za-z0-9/._@+-]*$/.test(text)) return text;
  throw notUsable(option, text);
};

function programOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const file = resolve(text);
  if (existsSync(file) && statSync(file).isFile()) return folderOf(file, '--program');
  throw notUsable('--program', text);
}

/** A topology of the kit's by its name, a file by its full path. LabError for one that is none. */
async function topologyOf(text: string | undefined): Promise<string | undefined> {
  if (text === undefined) return undefined;
  await loadTopology(text, ROOT);
  return knownTopologies(ROOT).includes(text) ? text : resolve(text);
}
