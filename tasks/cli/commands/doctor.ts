import { dirname } from 'node:path';
import { ENGINE_NAMES, type EngineName } from '../../base/engine-names.ts';
import { LabError } from '../../base/errors.ts';
import { DEFAULT_ENVIRONMENT, environmentFolder, ROOT } from '../../base/paths.ts';
import { decimal, say, type Text } from '../../base/text.ts';
import { type Choice, chooseEngine, type EngineJudgement, judgeEngines } from '../../engines/choose.ts';
import { toBeBuilt } from '../../environment/preparation.ts';
import { type EnvironmentRecord, readRecord } from '../../environment/record.ts';
import { speedText, timersText } from '../../environment/speed.ts';
import type { NamedFinding, Status } from '../../host/doctor/check.ts';
import { fullChecks } from '../../host/doctor/index.ts';
import { gatherFacts } from '../../host/facts.ts';
import { factorFor, measureSpeed, type Speed } from '../../host/speed.ts';
import { timersOf } from '../../roles/timers.ts';
import { DEFAULT_TOPOLOGY, loadTopology } from '../../topology/load.ts';

export interface DoctorOptions {
  json?: boolean;
  /** Name or file; that of the lab when it exists, `seven` otherwise. */
  topology?: string;
  /** Lab whose engine and topology are looked at when it exists. */
  name?: string;
}

/** What the doctor found. */
export interface Diagnosis {
  checks: NamedFinding[];
  engines: Record<EngineName, EngineJudgement>;
  choice: Choice | undefined;
  /** Why there is no choice. */
  impossible: Text | undefined;
  /** Sentences about the computer's speed and the lab's timers. */
  speed?: Text[];
}

const SIGNS: Record<Status, string> = { ok: '✓', warn: '!', fail: '✗' };

/** The lines of a diagnosis. */
export function renderDiagnosis({ checks, engines, choice, impossible, speed = [] }: Diagnosis): string[] {
  const colon: Text = { en: ': ', fr: ' : ' };
  const line = (status: Status, title: string, found: Text, fix?: Text): string[] => [
    `${SIGNS[status]} ${title}${say(colon)}${say(found)}`,
    ...(fix && status !== 'ok' ? [`    → ${say(fix)}`] : []),
  ];
  const lines = checks.flatMap(({ status, title, found, fix }) => line(status, say(title), found, fix));
  lines.push('', say({ en: 'Engines', fr: 'Moteurs' }));
  for (const name of ENGINE_NAMES) {
    const { usable, fast, reason, fix } = engines[name];
    // An engine that is not needed is no failure.
    const status: Status = usable && fast ? 'ok' : choice ? 'warn' : 'fail';
    lines.push(...line(status, name, reason, choice ? undefined : fix));
  }
  lines.push('');
  if (impossible) lines.push(say(impossible));
  if (choice) {
    const name = `${choice.engine}${choice.driver ? ` (${choice.driver})` : ''}`;
    lines.push(say({ en: `Engine: ${name}. ${choice.why.en}.`, fr: `Moteur : ${name}. ${choice.why.fr}.` }));
  }
  lines.push(...speed.map(say));
  const failed = checks.filter(({ status }) => status === 'fail').length;
  if (failed > 0)
    lines.push(
      say({
        en: `${failed} of ${checks.length} checks failed: follow the arrows above.`,
        fr: `${failed} contrôle(s) sur ${checks.length} en échec : suivre les flèches ci-dessus.`,
      }),
    );
  return lines;
}

/** The engine that would be used, or why none can. Other errors pass. */
function tryChoose(
  facts: Parameters<typeof chooseEngine>[0],
  wish: EngineName | undefined,
): Pick<Diagnosis, 'choice' | 'impossible'> {
  try {
    return { choice: chooseEngine(facts, wish), impossible: undefined };
  } catch (error) {
    if (error instanceof LabError) return { choice: undefined, impossible: error.what };
    throw error;
  }
}

/** What this computer's speed is now, and which timers the lab has, where they are not the fast ones. */
export function speedTexts(speed: Speed | undefined, record: EnvironmentRecord | undefined): Text[] {
  const timers = record && timersText(timersOf(record), record.speed);
  const now = speed && speedText(speed);
  if (!speed || !now) return timers ? [timers] : [];
  const factor = factorFor(speed);
  return [
    {
      en: `Speed: ${now.en}; a new lab would get the timers of factor ${decimal(factor, 'en')} (1: fast, 10: slow).`,
      fr: `Vitesse : ${now.fr} ; un nouveau lab aurait les délais du facteur ${decimal(factor, 'fr')} (1 : rapide, 10 : lent).`,
    },
    ...(timers ? [timers] : []),
  ];
}

/**
 * `lab doctor`: looks at everything a lab needs of this computer and says how to mend what is wrong. Changes nothing.
 * Returns the exit code: 0 when an engine can run and no check failed, 1 otherwise.
 */
export async function doctor(options: DoctorOptions): Promise<number> {
  const name = options.name ?? DEFAULT_ENVIRONMENT;
  const record = await readRecord(name);
  const topology = await loadTopology(options.topology ?? record?.topology ?? DEFAULT_TOPOLOGY, ROOT);
  const facts = await gatherFacts(dirname(environmentFolder(name)));
  // A lab that exists stays on its engine.
  const { choice, impossible } = tryChoose(facts, record?.engine);
  const builds = await toBeBuilt(choice?.engine ?? 'uml');
  const checks = await fullChecks(choice?.engine, topology, facts, builds);
  // Last, and alone: what else runs here would be measured as well.
  const speed = await measureSpeed(ROOT);
  const diagnosis: Diagnosis = {
    ...{ checks, engines: judgeEngines(facts), choice, impossible },
    speed: speedTexts(speed, record),
  };
  const healthy = choice !== undefined && checks.every(({ status }) => status !== 'fail');
  const output = options.json
    ? JSON.stringify(
        {
          ...{ healthy, topology: topology.name, choice: choice ?? null, checks, engines: diagnosis.engines },
          ...(speed ? { speed, factor: factorFor(speed) } : {}),
          ...(record ? { timers: timersOf(record) } : {}),
        },
        null,
        2,
      )
    : renderDiagnosis(diagnosis).join('\n');
  process.stdout.write(`${output}\n`);
  return healthy ? 0 : 1;
}
