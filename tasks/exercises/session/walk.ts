import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { poll } from '../../base/poll.ts';
import {
  hostNamed,
  quote,
  type Remote,
  type RemoteOptions,
  runRemote,
  SSH_FAILED,
} from '../../remote/ssh.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';
import { type Block, missingLines, parseGuide } from '../guides/guide.ts';
import type { LabGuide } from '../guides/model.ts';
import { fillIn } from '../guides/values.ts';
import { runInShell } from './machines.ts';
import { type LabSession, refreshSession, valuesFor } from './session.ts';

/** What a block printed, and how it ended. */
interface Ran {
  code: number;
  output: string;
}

export interface WalkOptions {
  /** Steps up to this one only. */
  until?: number;
  language?: 'en' | 'fr';
  report?: (line: string) => void;
  /** Given what each block printed. */
  seen?: (output: string) => void;
}

/** What ssh says of a machine that did not let it in: one that is slow, or on its way back from what a block before did to it. */
const NOT_LET_IN =
  /connect to host|timed out during banner exchange|kex_exchange_identification|^Connection (closed|reset) by \S+ port/im;

/** Seconds that a machine may take until it lets somebody in again. */
const AWAY = 60;

/** Seconds that one block may take. */
const BLOCK_TIMEOUT = 300;

/** Does what a guide says, block by block, as a student would. LabError at the first block that does not do what the guide says. */
export async function walkGuide(
  session: LabSession,
  guide: LabGuide,
  options: WalkOptions = {},
): Promise<number> {
  const file = join(guide.folder, `guide.${options.language ?? 'fr'}.md`);
  const values = valuesFor(session, guide);
  const { blocks } = parseGuide(readFileSync(file, 'utf8'), file);
  let output = '';
  let done = 0;
  for (const block of blocks) {
    if (block.kind === 'show' || block.step > (options.until ?? 99)) continue;
    const text = fillIn(block.text, values);
    const where = `${guide.name}/guide.${options.language ?? 'fr'}.md:${block.line}`;
    if (block.kind === 'expect') {
      const missing = missingLines(text, output);
      if (missing.length > 0)
        throw unlike(where, [...missing.map((line) => `- ${line}`), ...output.trim().split('\n').slice(-8)]);
      continue;
    }
    options.report?.(`${where} ${block.on.join(', ')}: ${text.trim().split('\n')[0]}`);
    output = '';
    for (const machine of block.on) {
      const ran =
        block.kind === 'file'
          ? await writeFile(session, machine, block, text)
          : await perform(session, machine, block, text);
      output += ran.output;
      if ((ran.code === 0) === (block.fails ?? false)) throw failed(where, machine, block, ran);
    }
    options.seen?.(output);
    if (block.on.includes('host')) await refreshSession(session);
    done += 1;
  }
  return done;
}

function unlike(where: string, details: string[]): LabError {
  return new LabError(
    {
      en: `${where}: the output is not what the guide says.`,
      fr: `${where} : la sortie n'est pas celle du guide.`,
    },
    {
      en: 'the missing lines come first, then what was printed.',
      fr: "d'abord les lignes manquantes, puis ce qui s'est affiché.",
    },
    details,
  );
}

function failed(where: string, machine: string, block: Block, ran: Ran): LabError {
  return new LabError(
    block.fails
      ? {
          en: `${where}: the block should fail on ${machine}, and did not.`,
          fr: `${where} : le bloc devait échouer sur ${machine}, et a réussi.`,
        }
      : {
          en: `${where}: the block failed on ${machine} (exit code ${ran.code}).`,
          fr: `${where} : le bloc a échoué sur ${machine} (code ${ran.code}).`,
        },
    undefined,
    ran.output.trim().split('\n').slice(-8),
  );
}

async function writeFile(session: LabSession, machine: string, block: Block, text: string): Promise<Ran> {
  const host = hostNamed(await session.engine.sshHosts(), machine);
  const path = block.path ?? '';
  // Written through, so that an existing file keeps its owner and mode if none is given, as in an editor.
  const mode = block.mode ? `chmod ${block.mode} ${quote(path)}` : ':';
  const { code, stdout, stderr } = await onceLetIn(session, (connection) =>
    // Into a folder that is there: an editor makes none either.
    runRemote(host, `cat >${quote(path)} && ${mode}`, {
      ...connection,
      input: text,
      timeout: 30 * timeoutFactorOf(session.environment),
    }),
  );
  return { code, output: stdout + stderr };
}

function perform(session: LabSession, machine: string, block: Block, text: string): Promise<Ran> {
  const run = () => (machine === 'host' ? onHost(session, text) : onMachine(session, machine, text));
  return poll(run, (ran) => (ran.code === 0) !== (block.fails ?? false), {
    ...{ every: 0.5, seconds: (block.until ?? 0) * timeoutFactorOf(session.environment) },
  });
}

async function onMachine(session: LabSession, machine: string, text: string): Promise<Ran> {
  const { code, stdout, stderr } = await onceLetIn(session, (connection) =>
    runInShell(session, machine, text, BLOCK_TIMEOUT, connection),
  );
  return { code, output: stdout + stderr };
}

/** Where nothing was run because the machine let nobody in: again, as a student would. */
async function onceLetIn(
  { environment }: LabSession,
  run: (connection: Pick<RemoteOptions, 'longTimeouts'>) => Promise<Remote>,
): Promise<Remote> {
  const wasLetIn = ({ code, stderr }: Remote) => code !== SSH_FAILED || !NOT_LET_IN.test(stderr);
  const first = await run({});
  if (wasLetIn(first)) return first;
  return poll(() => run({ longTimeouts: true }), wasLetIn, {
    every: 1,
    seconds: AWAY * timeoutFactorOf(environment),
  });
}

/** `npx lab …` with this kit and this lab, whatever is installed on the computer. */
function onHost(session: LabSession, text: string): Promise<Ran> {
  const program = `npx() { shift; ${quote(process.execPath)} ${quote(join(session.environment.root, 'bin', 'lab.js'))} "$@"; }\n${text}`;
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', program], {
      cwd: session.environment.root,
      env: { ...process.env, LAB_NAME: session.environment.name },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
