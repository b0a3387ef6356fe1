import type { Text } from '../../ui/text.ts';
import { type Expectation, expectation, plain, seen, Unmet } from '../expectation.ts';
import type { Answer, Probe, SqlTarget } from '../probe.ts';

const has = (text: string, pattern: string | RegExp) =>
  typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text);

/** A file of a machine. Its first 64 KiB are looked at. */
export class MachineFile {
  constructor(
    private readonly machine: string,
    private readonly path: string,
  ) {}

  exists(): Expectation {
    return this.expect(
      { en: `${this.path} is on ${this.machine}`, fr: `${this.path} est sur ${this.machine}` },
      () => undefined,
    );
  }

  contains(pattern: string | RegExp): Expectation {
    return this.expect(
      {
        en: `${this.path} on ${this.machine} contains ${pattern}`,
        fr: `${this.path} sur ${this.machine} contient ${pattern}`,
      },
      (_, text) => {
        if (!has(text, pattern)) throw new Unmet(plain(String(pattern)), seen(text), this.look());
      },
    );
  }

  lacks(pattern: string | RegExp): Expectation {
    return this.expect(
      {
        en: `${this.path} on ${this.machine} does not contain ${pattern}`,
        fr: `${this.path} sur ${this.machine} ne contient pas ${pattern}`,
      },
      (_, text) => {
        if (has(text, pattern))
          throw new Unmet(
            { en: `no ${pattern}`, fr: `pas de ${pattern}` },
            plain(String(pattern)),
            this.look(),
          );
      },
    );
  }

  /** Mode as four octal digits (`0640`), owner as user:group. */
  hasMode(mode: string, owner?: string): Expectation {
    const wanted = owner ? `${mode} ${owner}` : mode;
    return this.expect(
      {
        en: `${this.path} on ${this.machine} is ${wanted}`,
        fr: `${this.path} sur ${this.machine} est ${wanted}`,
      },
      (stat) => {
        const [found = '', whose = ''] = stat.split(' ');
        const fits = found.padStart(4, '0') === mode && (!owner || whose === owner);
        if (!fits) throw new Unmet(plain(wanted), plain(`${found.padStart(4, '0')} ${whose}`), this.look());
      },
    );
  }

  private look(): Text {
    return plain(`lab ssh ${this.machine} -- less ${this.path}`);
  }

  /** The first line of the answer is `MODE USER:GROUP`, the rest is the text. */
  private expect(title: Text, judge: (stat: string, text: string) => void): Expectation {
    return expectation(title, this.machine, { kind: 'file', path: this.path }, (answer) => {
      if (answer.code !== 0)
        throw new Unmet(
          plain(this.path),
          { en: 'no such file', fr: 'fichier absent' },
          plain(`lab ssh ${this.machine} -- ls -l ${this.path}`),
        );
      const [stat = '', ...lines] = answer.out.split('\n');
      judge(stat, lines.join('\n'));
    });
  }
}

/** What is mounted at a folder. */
export class Mount {
  constructor(
    private readonly machine: string,
    private readonly folder: string,
  ) {}

  /** `type` as in /proc/mounts; `nfs` also means nfs4. `from`: its source; `options`: those that must be there. */
  isMounted(how: { type?: string; from?: string | RegExp; options?: string[] } = {}): Expectation {
    return this.expect(
      {
        en: `${this.folder} is mounted on ${this.machine}`,
        fr: `${this.folder} est monté sur ${this.machine}`,
      },
      (mounts) => {
        const wanted = plain(
          [how.from, this.folder, how.type, how.options?.join(',')].filter(Boolean).join(' '),
        );
        // The last one wins: an automount stays below what it has mounted.
        const found = mounts.at(-1);
        const fits =
          found !== undefined &&
          found.type !== 'autofs' &&
          (!how.type || found.type === how.type || found.type === `${how.type}4`) &&
          (!how.from || has(found.source, how.from)) &&
          (how.options ?? []).every((one) => found.options.includes(one));
        if (fits) return;
        throw new Unmet(
          wanted,
          found
            ? plain(`${found.source} ${this.folder} ${found.type} ${found.options.join(',')}`)
            : { en: 'nothing is mounted there', fr: "rien n'y est monté" },
          plain(`lab ssh ${this.machine} -- findmnt ${this.folder}`),
        );
      },
    );
  }

  isNotMounted(): Expectation {
    return this.expect(
      {
        en: `nothing is mounted at ${this.folder} on ${this.machine}`,
        fr: `rien n'est monté sur ${this.folder} de ${this.machine}`,
      },
      (mounts) => {
        const [found] = mounts;
        if (found) throw new Unmet({ en: 'nothing', fr: 'rien' }, plain(`${found.source} ${found.type}`));
      },
    );
  }

  private expect(title: Text, judge: (mounts: MountLine[]) => void): Expectation {
    return expectation(title, this.machine, { kind: 'mounts' }, (answer) =>
      judge(mountsOf(answer).filter((one) => one.folder === this.folder)),
    );
  }
}

interface MountLine {
  source: string;
  folder: string;
  type: string;
  options: string[];
}

function mountsOf(answer: Answer): MountLine[] {
  return answer.out
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([source = '', folder = '', type = '', options = '']) =>
      folder ? [{ source, folder: folder.replaceAll('\\040', ' '), type, options: options.split(',') }] : [],
    );
}

/** A program run on the machine, as root if not said otherwise. It must change nothing. */
export class Command {
  constructor(
    private readonly machine: string,
    private readonly probe: Probe & { kind: 'command' },
    private readonly title: Text | undefined,
  ) {}

  succeeds(): Expectation {
    return this.expect({ en: 'succeeds', fr: 'réussit' }, '', (answer) => {
      if (answer.code !== 0) throw this.unmet({ en: 'exit code 0', fr: 'code 0' }, answer);
    });
  }

  fails(): Expectation {
    return this.expect({ en: 'fails', fr: 'échoue' }, '', (answer) => {
      if (answer.code === 0)
        throw this.unmet({ en: 'another exit code than 0', fr: 'un code autre que 0' }, answer);
    });
  }

  prints(pattern: string | RegExp): Expectation {
    return this.expect({ en: 'prints', fr: 'affiche' }, ` ${pattern}`, (answer) => {
      if (!has(answer.out, pattern)) throw this.unmet(plain(String(pattern)), answer);
    });
  }

  doesNotPrint(pattern: string | RegExp): Expectation {
    return this.expect({ en: 'does not print', fr: "n'affiche pas" }, ` ${pattern}`, (answer) => {
      if (has(answer.out, pattern))
        throw this.unmet({ en: `no ${pattern}`, fr: `pas de ${pattern}` }, answer);
    });
  }

  private unmet(wanted: Text, answer: Answer): Unmet {
    const text = answer.out.trim() === '' ? (answer.err ?? '') : answer.out;
    const found = seen(text);
    const code = answer.code === 0 ? '' : ` (code ${answer.code})`;
    return new Unmet(
      wanted,
      { en: `${found.en}${code}`, fr: `${found.fr}${code}` },
      plain(`lab ssh ${this.machine} -- ${this.probe.command}`),
    );
  }

  private expect(does: Text, rest: string, judge: (answer: Answer) => void): Expectation {
    const title = this.title ?? {
      en: `${this.machine}: \`${this.probe.command}\` ${does.en}${rest}`,
      fr: `${this.machine} : \`${this.probe.command}\` ${does.fr}${rest}`,
    };
    return expectation(title, this.machine, this.probe, judge);
  }
}

/** A query, by default to the machine's own server as root. Values are compared as the client prints them. */
export class Sql {
  private readonly probe: Probe;
  private readonly where: string;
  constructor(
    private readonly machine: string,
    private readonly query: string,
    target: SqlTarget = {},
  ) {
    this.probe = { kind: 'sql', query, ...target };
    this.where = target.host ? `${machine} → ${target.host}` : machine;
  }

  /** The first row (columns separated by one tab). */
  returns(wanted: string | number | RegExp): Expectation {
    return this.expect(` = ${wanted}`, (rows, error) => {
      const first = rows[0] ?? '';
      const fits = wanted instanceof RegExp ? wanted.test(first) : first === String(wanted);
      if (error !== '' || !fits) throw this.unmet(plain(String(wanted)), rows, error);
    });
  }

  /** Some row has it. */
  contains(pattern: string | RegExp): Expectation {
    return this.expect(` ∋ ${pattern}`, (rows, error) => {
      if (error !== '' || !rows.some((row) => has(row, pattern)))
        throw this.unmet(plain(String(pattern)), rows, error);
    });
  }

  /** The server refuses it, or cannot be reached. */
  isRefused(pattern: string | RegExp = ''): Expectation {
    return this.expect(' ✗', (rows, error) => {
      if (error === '' || !has(error, pattern))
        throw this.unmet({ en: 'an error', fr: 'une erreur' }, rows, error);
    });
  }

  private unmet(wanted: Text, rows: string[], error: string): Unmet {
    return new Unmet(
      wanted,
      error !== '' ? seen(error) : seen(rows.join('\n')),
      plain(`lab ssh ${this.machine} -- mariadb -e "${this.query}"`),
    );
  }

  private expect(rest: string, judge: (rows: string[], error: string) => void): Expectation {
    return expectation(
      plain(`${this.where}: ${this.query}${rest}`),
      this.machine,
      this.probe,
      ({ out, err = '', code }) =>
        judge(
          out.split('\n').filter((row) => row !== ''),
          code === 0 ? '' : err.trim() || `code ${code}`,
        ),
    );
  }
}
