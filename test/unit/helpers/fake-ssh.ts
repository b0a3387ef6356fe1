import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A stand-in for ssh at the beginning of PATH: it writes down what is asked of which machine, and does what a script says. */
export interface FakeSsh {
  folder: string;
  /** `MACHINE: WORD` for each call: the role that is applied, `ask` or `ship`. */
  calls(): string[];
  remove(): void;
}

/** `body`: bash that is run with `machine` and `word` set; it may exit with a code. */
export function fakeSsh(body: string): FakeSsh {
  const folder = mkdtempSync(join(tmpdir(), 'fake-ssh-'));
  mkdirSync(join(folder, 'bin'));
  const file = join(folder, 'bin', 'ssh');
  writeFileSync(
    file,
    `#!/bin/bash
cd '${folder}'
machine=\${*: -2:1} command=\${*: -1}
case $command in
  *apply.sh*) word=\${command#*apply.sh } word=\${word%% *} ;;
  *tar*) word=ship; cat >/dev/null ;;
  *) word=ask ;;
esac
echo "$machine: $word" >>calls
${body}
`,
  );
  chmodSync(file, 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${join(folder, 'bin')}:${before}`;
  return {
    folder,
    calls: () =>
      existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : [],
    remove: () => {
      process.env.PATH = before;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
