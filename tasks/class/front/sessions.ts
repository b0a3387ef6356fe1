import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { messageOf } from '../../base/errors.ts';
import { writePrivate } from '../../base/files.ts';
import { digest, type Links, type Visitor } from './links.ts';
import { type Entered, isSchoolKey } from './school.ts';

/** ms that somebody who came with a link stays in; then the link is opened again. */
const STAY_MS = 12 * 3_600_000;

const visitorSchema = z.union([
  z.strictObject({ kind: z.literal('student'), student: z.string() }),
  z.strictObject({ kind: z.literal('teacher') }),
  z.strictObject({ kind: z.literal('look'), student: z.string() }),
]);
const sessionSchema = z.strictObject({
  visitor: visitorSchema,
  /** Digest of the key that it came with, of a look the teacher's: it ends when that one counts no more. */
  key: z.string(),
  until: z.number(),
});
type Session = z.infer<typeof sessionSchema>;

/**
 * Who is in: a key is exchanged for a token, which the page keeps for its tab. Known by the digests of tokens, and kept by them, so that
 * pages stay in when the front is killed and served again.
 */
export class Sessions {
  private sessions = new Map<string, Session>();
  private writing: Promise<void> = Promise.resolve();
  private wanted = false;

  /** `file`: where they are kept; undefined: in memory alone. */
  constructor(
    private readonly now: () => number = Date.now,
    private readonly file?: string,
  ) {}

  /** Takes over what is kept; what is damaged counts as nothing: links are opened again. */
  async load(): Promise<this> {
    if (this.file === undefined || !existsSync(this.file)) return this;
    try {
      const kept = z.record(z.string(), sessionSchema).parse(JSON.parse(await readFile(this.file, 'utf8')));
      this.sessions = new Map(Object.entries(kept));
    } catch (error) {
      console.error(messageOf(error));
    }
    return this;
  }

  /** The token of a visitor who came with the key of this digest; of a look, with the teacher's. Resolves once it is kept. */
  async begin(visitor: Visitor, key: string): Promise<string> {
    for (const [name, { until }] of this.sessions) if (until <= this.now()) this.sessions.delete(name);
    const token = randomBytes(32).toString('base64url');
    this.sessions.set(digest(token), { visitor, key, until: this.now() + STAY_MS });
    await this.keep();
    return token;
  }

  /** Whose token it is; undefined for one that was not given, or whose time or key is over. `bySchool`: whether one that came through the school counts. */
  visitor(
    token: string | undefined,
    links: Links,
    bySchool: (entered: Entered) => boolean = () => false,
  ): Visitor | undefined {
    const session = token === undefined ? undefined : this.sessions.get(digest(token));
    if (!session || session.until <= this.now()) return undefined;
    const { visitor, key } = session;
    if (isSchoolKey(key)) return bySchool({ visitor, key }) ? visitor : undefined;
    const counts = visitor.kind === 'student' ? links.students[visitor.student] : links.teacher;
    return counts === key ? visitor : undefined;
  }

  /** Ends a session before its time. Resolves, once that is kept, with who it let in and with what. */
  async end(token: string | undefined): Promise<Pick<Session, 'visitor' | 'key'> | undefined> {
    const name = token === undefined ? undefined : digest(token);
    const session = name === undefined ? undefined : this.sessions.get(name);
    if (name === undefined || !session) return undefined;
    this.sessions.delete(name);
    await this.keep();
    return session;
  }

  /** A class that comes at once is written down together. */
  private keep(): Promise<void> {
    const { file } = this;
    if (file === undefined) return Promise.resolve();
    if (!this.wanted) {
      this.wanted = true;
      this.writing = this.writing.then(() => {
        this.wanted = false;
        return writePrivate(file, `${JSON.stringify(Object.fromEntries(this.sessions))}\n`);
      });
    }
    return this.writing;
  }
}
