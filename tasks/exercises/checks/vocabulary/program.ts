import type { Text } from '../../../base/text.ts';
import { quote } from '../../../remote/ssh.ts';
import { type Expectation, expectation, plain, seen, Unmet } from '../expectation.ts';
import type { Answer, Probe, SqlTarget } from '../probe.ts';
import { has, type Pattern, told } from './pattern.ts';

/** A command as it is typed after `lab ssh MACHINE --`: what one's own shell would take for itself is quoted. */
export const typed = (command: string) => (/[^\w\s./:=@,+-]/.test(command) ? quote(command) : command);

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

  prints(pattern: Pattern): Expectation {
    return this.expect({ en: 'prints', fr: 'affiche' }, ` ${told(pattern)}`, (answer) => {
      if (!has(answer.out, pattern)) throw this.unmet(plain(told(pattern)), answer);
    });
  }

  doesNotPrint(pattern: Pattern): Expectation {
    return this.expect({ en: 'does not print', fr: "n'affiche pas" }, ` ${told(pattern)}`, (answer) => {
      if (has(answer.out, pattern))
        throw this.unmet({ en: `no ${told(pattern)}`, fr: `pas de ${told(pattern)}` }, answer);
    });
  }

  private unmet(wanted: Text, answer: Answer): Unmet {
    const text = answer.out.trim() === '' ? (answer.err ?? '') : answer.out;
    const found = seen(text);
    const code = answer.code === 0 ? '' : ` (code ${answer.code})`;
    return new Unmet(
      wanted,
      { en: `${found.en}${code}`, fr: `${found.fr}${code}` },
      plain(`lab ssh ${this.machine} -- ${typed(this.probe.command)}`),
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
  contains(pattern: Pattern): Expectation {
    return this.expect(` ∋ ${told(pattern)}`, (rows, error) => {
      if (error !== '' || !rows.some((row) => has(row, pattern)))
        throw this.unmet(plain(told(pattern)), rows, error);
    });
  }

  /** The server refuses it, or cannot be reached. */
  isRefused(pattern: Pattern = ''): Expectation {
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
