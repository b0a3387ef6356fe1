import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Language } from '../base/text.ts';
import { type CheckResult, stepsOf } from '../exercises/checks/result.ts';
import { kitProgram, printable } from './kit.ts';
import type { Checks } from './page/protocol.ts';

/** Lines that are kept of what a check complains of. */
const LINES = 6;

/** Has the kit check a lab again and again (`lab check N --watch`) for as long as somebody works in it. */
export class LabChecks {
  private child: ChildProcess | undefined;

  /** `tell`: told whenever what is found changes. */
  constructor(
    private readonly lab: { name: string; root: string },
    private readonly tell: (checks: Checks) => void,
    private readonly program = kitProgram(lab.root),
  ) {}

  /** Checks this lab from now on, instead of any other; no lab: no more. */
  check(lab: string | undefined, language: Language): void {
    this.end();
    if (lab === undefined) return;
    const [program, ...first] = this.program;
    const words = ['check', lab, '--watch', '--format', 'json', '--name', this.lab.name, '--lang', language];
    const child = spawn(program, [...first, ...words], {
      ...{ stdio: ['ignore', 'pipe', 'pipe'], detached: true, windowsHide: true },
    });
    this.child = child;
    let now: Checks = { lab, running: true, steps: [] };
    const problem: string[] = [];
    const tell = (change: Partial<Checks>) => {
      now = { ...now, ...change };
      this.tell(now);
    };
    tell({});
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = foundIn(line);
      if (found && this.child === child) tell(found);
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      const text = printable(line);
      if (text !== '' && problem.length < LINES) problem.push(text);
    });
    child.once('error', (error) => problem.push(error.message));
    child.once('close', (code) => {
      const ended = this.child === child;
      if (ended) this.child = undefined;
      // Another lab's checks, which were begun instead, say for themselves what they do.
      if (ended || !this.child)
        tell({ running: false, ...(ended && code !== 0 && problem.length > 0 ? { problem } : {}) });
    });
  }

  /** No checks any more. */
  end(): void {
    const { child } = this;
    this.child = undefined;
    child?.kill('SIGTERM');
  }
}

/** What a line of the kit's says of a check; undefined for anything else. */
function foundIn(line: string): Pick<Checks, 'at' | 'steps'> | undefined {
  let result: CheckResult;
  try {
    result = JSON.parse(line) as CheckResult;
  } catch {
    return undefined;
  }
  if (!Array.isArray(result?.labs)) return undefined;
  return {
    at: Date.parse(result.collected),
    steps: stepsOf(result).map(({ id, outcome, cause, findings }) => ({
      ...{ id, outcome, ...(cause ? { cause: cause.text } : {}) },
      missing: findings
        .filter((finding) => finding.outcome === 'failed')
        .map(({ title, expected, found, look }) => ({
          title,
          ...(expected ? { expected } : {}),
          ...(found ? { found } : {}),
          ...(look ? { look } : {}),
        })),
    })),
  };
}
