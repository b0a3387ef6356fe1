import { LabError } from '../../../base/errors.ts';
import { sleep } from '../../../base/poll.ts';
import { say } from '../../../base/text.ts';
import type { ClusterEngine } from '../../../class/engine.ts';
import { type ClassRecord, engineOf, existingClass } from '../../../class/record.ts';
import { releaseLost } from '../../../class/run.ts';
import { readStatus } from '../../../class/state.ts';
import { statusLines, summaryLine } from '../../../class/status-text.ts';

/** Seconds between two looks of --watch. */
const EVERY = 3;

/** `lab class status`. Exit code 0 when every lab runs, or has ended as it was asked to; 1 otherwise. */
export async function status(options: { class: string; watch?: boolean; json?: boolean }): Promise<number> {
  const record = await existingClass(options.class);
  const engine = engineOf(record.settings);
  if (options.watch) return watch(record, engine, options.json ?? false);
  const all = await readStatus(record, engine);
  if (options.json)
    console.log(JSON.stringify({ class: record.settings.name, avoid: record.avoid, labs: all }, null, 2));
  else for (const line of statusLines(all, record.avoid, Date.now())) console.log(line);
  return all.every(({ condition }) => ['running', 'ended', 'idle', 'absent'].includes(condition)) ? 0 : 1;
}

/** Until Ctrl-C. The cluster may be away for a while: that is said, and it is asked again. */
async function watch(record: ClassRecord, engine: ClusterEngine, json: boolean): Promise<number> {
  let shown = '';
  let going = true;
  process.removeAllListeners('SIGINT');
  process.on('SIGINT', () => {
    going = false;
  });
  while (going) {
    const text = await lookOnce(record, engine, json);
    if (process.stdout.isTTY && !json) process.stdout.write(`\u001b[H\u001b[2J${text}\n`);
    else if (text !== shown) console.log(text);
    shown = text;
    for (let left = EVERY; left > 0 && going; left -= 0.5) await sleep(0.5);
  }
  return 0;
}

async function lookOnce(before: ClassRecord, engine: ClusterEngine, json: boolean): Promise<string> {
  try {
    const released = await releaseLost(before, engine);
    // Somebody may have changed the class since.
    const record = await existingClass(before.folder);
    const all = await readStatus(record, engine);
    if (json) return JSON.stringify({ released, labs: all });
    const told =
      released.length > 0
        ? [
            say({
              en: `Their server was lost, started again: ${released.join(', ')}.`,
              fr: `Leur serveur est perdu, relancés : ${released.join(', ')}.`,
            }),
          ]
        : [];
    // What changes with every second is no news where lines are only added.
    return (process.stdout.isTTY ? statusLines(all, record.avoid, Date.now()) : [summaryLine(all)])
      .concat(told)
      .join('\n');
  } catch (error) {
    if (error instanceof LabError)
      return json ? JSON.stringify({ problem: say(error.what) }) : error.render();
    throw error;
  }
}
