import type { Text } from '../../../base/text.ts';
import { type Expectation, expectation, plain, seen, Unmet } from '../expectation.ts';
import type { Answer } from '../probe.ts';
import { has, type Pattern, told } from './pattern.ts';

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

  contains(pattern: Pattern): Expectation {
    return this.expect(
      {
        en: `${this.path} on ${this.machine} contains ${told(pattern)}`,
        fr: `${this.path} sur ${this.machine} contient ${told(pattern)}`,
      },
      (_, text) => {
        if (!has(text, pattern)) throw new Unmet(plain(told(pattern)), seen(text), this.look());
      },
    );
  }

  /** `meaning`: what the pattern stands for, where it is not to be read. */
  lacks(pattern: Pattern, meaning: Text = plain(told(pattern))): Expectation {
    return this.expect(
      {
        en: `${this.path} on ${this.machine} does not contain ${meaning.en}`,
        fr: `${this.path} sur ${this.machine} ne contient pas ${meaning.fr}`,
      },
      (_, text) => {
        if (has(text, pattern))
          throw new Unmet(
            { en: `not there: ${meaning.en}`, fr: `absent : ${meaning.fr}` },
            meaning,
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
          (how.options ?? []).every((option) => found.options.includes(option));
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
      judge(mountsOf(answer).filter((mount) => mount.folder === this.folder)),
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
