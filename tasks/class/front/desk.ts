import * as z from 'zod';
import { LabError, messageOf } from '../../base/errors.ts';
import { LAB_WISH } from '../../exercises/guides/ids.ts';
import { readBegan } from '../began.ts';
import type { LabStatus } from '../state.ts';
import {
  answerLook,
  askForHelp,
  askForLook,
  changeTalk,
  giveCode,
  lookAt,
  MOST_SAID,
  messagesFor,
  say,
  type Talk,
  takeCode,
} from '../talk.ts';
import { digest } from './links.ts';

/** Code and body of an answer. */
export type Said = [code: number, body: unknown];

/** What the front can have done with the class. */
export interface DeskParts {
  folder: string;
  talk: () => Promise<Talk>;
  /** The lab of a student as it was seen last. */
  lab: (student: string) => LabStatus | undefined;
  /** Starts a lab again that ended because nobody used it. */
  resume: (student: string) => Promise<void>;
  /** Puts labs to the beginning of one; `told` with each that is. Resolves with those that could not. */
  start: (
    lab: string,
    to: string[] | undefined,
    told: (done: number, of: number) => void,
  ) => Promise<string[]>;
  extend: (minutes: number, to: string[] | undefined) => Promise<unknown>;
  /** Takes a public key of a student's; absent where there is no ssh. */
  addKey?: (student: string, key: string) => Promise<void>;
  /** Port of ssh. */
  ssh?: number;
}

const to = z.array(z.string().max(64)).min(1).max(10).exactOptional();
const studentWish = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('help'), on: z.boolean() }),
  z.strictObject({ do: z.literal('look'), allow: z.boolean() }),
  z.strictObject({ do: z.literal('resume') }),
  z.strictObject({ do: z.literal('key'), key: z.string().max(900) }),
]);
const teacherWish = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('say'), text: z.string().max(MOST_SAID), to }),
  z.strictObject({ do: z.literal('look'), student: z.string().max(64) }),
  z.strictObject({ do: z.literal('helped'), student: z.string().max(64) }),
  z.strictObject({ do: z.literal('start'), lab: z.string().regex(LAB_WISH), to }),
  z.strictObject({ do: z.literal('extend'), minutes: z.int().min(1).max(1440), to }),
]);

const NO: Said = [400, { what: { en: 'There is nothing of that kind.', fr: "Il n'y a rien de tel." } }];
const BUSY: Said = [
  409,
  { what: { en: 'Labs are being started already.', fr: 'Des labs sont déjà en cours de démarrage.' } },
];

/** What pages ask of the class itself: messages, help, a look, a lab that is to go on; and what the teacher has done from the wall. */
export class Desk {
  /** Labs that are being put to a beginning because the wall asked. */
  private work: { lab: string; done: number; of: number; running: boolean; failed: string[] } | undefined;
  private readonly resuming = new Set<string>();

  constructor(
    private readonly parts: DeskParts,
    private readonly now: () => number = Date.now,
  ) {}

  /** What the page of a student shows of the class. */
  async told(student: string): Promise<unknown> {
    const talk = await this.parts.talk();
    const now = this.now();
    const lab = this.parts.lab(student);
    const began = await readBegan(this.parts, student);
    return {
      now,
      messages: messagesFor(talk, student).map(({ id, at, text }) => ({ id, at, text })),
      ...(began ? { began } : {}),
      look: lookAt(talk, student, now),
      help: Object.hasOwn(talk.help, student),
      student,
      ...(this.parts.ssh === undefined ? {} : { ssh: this.parts.ssh }),
      ...(lab ? { condition: lab.condition } : {}),
      ...(lab?.ends === undefined ? {} : { ends: lab.ends }),
    };
  }

  /** What the wall shows besides what is known of labs. */
  async onWall(labs: LabStatus[]): Promise<{ labs: unknown[]; work?: unknown }> {
    const talk = await this.parts.talk();
    const now = this.now();
    return {
      labs: labs.map((lab) => {
        const look = lookAt(talk, lab.student, now);
        const help = Object.hasOwn(talk.help, lab.student) ? talk.help[lab.student] : undefined;
        return {
          ...lab,
          ...(look === 'none' ? {} : { look }),
          ...(help === undefined ? {} : { help: Math.floor(help / 1000) }),
        };
      }),
      ...(this.work ? { work: this.work } : {}),
    };
  }

  /** Whether the student lets the teacher look now. */
  mayLook = async (student: string): Promise<boolean> =>
    lookAt(await this.parts.talk(), student, this.now()) === 'yes';

  /** Whose lab a code opens to be looked at, once. */
  async look(code: unknown): Promise<string | undefined> {
    if (typeof code !== 'string') return undefined;
    const name = digest(code);
    // Most who come have no such code: nothing is written for them.
    if (!Object.hasOwn((await this.parts.talk()).codes, name)) return undefined;
    return changeTalk(this.parts.folder, (talk) => takeCode(talk, name, this.now()));
  }

  /** A student came with the personal link: a lab that ended because nobody used it goes on. */
  came(student: string): void {
    if (this.parts.lab(student)?.condition === 'idle') void this.resume(student).catch(() => undefined);
  }

  /** What a student wishes for. */
  async wish(student: string, body: unknown): Promise<Said> {
    const { data: wish } = studentWish.safeParse(body);
    if (!wish) return NO;
    const { folder } = this.parts;
    return orRefusal(async () => {
      if (wish.do === 'resume') {
        if (this.parts.lab(student)?.condition === 'idle') await this.resume(student);
      } else if (wish.do === 'key') {
        if (!this.parts.addKey) return NO;
        await this.parts.addKey(student, wish.key);
      } else
        await changeTalk(folder, (talk) =>
          wish.do === 'help'
            ? askForHelp(talk, student, wish.on, this.now())
            : answerLook(talk, student, wish.allow, this.now()),
        );
      return [200, await this.told(student)];
    });
  }

  /** What the teacher wishes for, from the wall. */
  async teach(body: unknown): Promise<Said> {
    const { data: wish } = teacherWish.safeParse(body);
    if (!wish) return NO;
    const { folder } = this.parts;
    const targets = 'to' in wish ? (wish.to ?? []) : 'student' in wish ? [wish.student] : [];
    if (targets.some((student) => !this.parts.lab(student))) return NO;
    return orRefusal(async () => {
      switch (wish.do) {
        case 'say':
          await changeTalk(folder, (talk) => say(talk, wish.text, wish.to, this.now()));
          return [200, {}];
        case 'helped':
          await changeTalk(folder, (talk) => askForHelp(talk, wish.student, false, this.now()));
          return [200, {}];
        case 'look':
          return [
            200,
            await changeTalk(folder, (talk) =>
              askForLook(talk, wish.student, this.now()) === 'yes'
                ? { code: giveCode(talk, wish.student, digest, this.now()) }
                : {},
            ),
          ];
        case 'extend':
          return [200, await this.parts.extend(wish.minutes, wish.to)];
        case 'start':
          return this.start(wish.lab, wish.to);
      }
    });
  }

  private async resume(student: string): Promise<void> {
    if (this.resuming.has(student)) return;
    this.resuming.add(student);
    try {
      await this.parts.resume(student);
    } finally {
      // Until it is seen that it is there.
      setTimeout(() => this.resuming.delete(student), 10_000).unref();
    }
  }

  private start(lab: string, to: string[] | undefined): Said {
    if (this.work?.running) return BUSY;
    const work = { lab, done: 0, of: 0, running: true, failed: [] as string[] };
    this.work = work;
    const told = (done: number, of: number) => Object.assign(work, { done, of });
    this.parts.start(lab, to, told).then(
      (failed) => Object.assign(work, { running: false, failed }),
      (error: unknown) => Object.assign(work, { running: false, failed: [messageOf(error)] }),
    );
    return [202, {}];
  }
}

async function orRefusal(work: () => Promise<Said>): Promise<Said> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LabError)
      return [409, { what: error.what, ...(error.fix ? { fix: error.fix } : {}) }];
    throw error;
  }
}
