import type { Text } from '../../../base/text.ts';
import { type Expectation, expectation, plain, seen, Unmet } from '../expectation.ts';
import type { Answer, Probe } from '../probe.ts';

/** What a visitor saw while a fault was made, as `lab-sample` on the client tells it. */
export interface Trial {
  requests: number;
  failed: number;
  /** Seconds of the longest outage; Infinity when it had no end. */
  longest: number;
}

export function trialOf(answer: Answer): Trial | undefined {
  try {
    const said = JSON.parse(answer.out) as Trial & { outages: { end: number | null }[] };
    const { requests, failed } = said;
    // The sampler leaves out an outage that had no end.
    const longest = said.outages.some((outage) => outage.end === null)
      ? Number.POSITIVE_INFINITY
      : said.longest;
    if ([requests, failed, longest].every((value) => typeof value === 'number' && value >= 0) && requests > 0)
      return { requests, failed, longest };
  } catch {
    // Said by the caller.
  }
  return undefined;
}

/** The service under one fault, seen by a visitor who asks every 50 ms. */
export class Survival {
  private readonly probe: Probe;
  private readonly from: string;
  constructor(
    private readonly fault: string,
    how: { from?: string; url: string; seconds?: number },
  ) {
    this.from = how.from ?? 'client';
    this.probe = { kind: 'trial', fault, url: how.url, seconds: how.seconds ?? 15 };
  }

  /** The service is away for at most so many seconds, and answers again at the end. */
  withOutageOfAtMost(seconds: number): Expectation {
    return expectation(
      {
        en: `the service survives ${this.fault} with at most ${seconds} s of outage`,
        fr: `le service survit à ${this.fault} avec au plus ${seconds} s d'interruption`,
      },
      this.from,
      this.probe,
      (answer) => {
        const trial = trialOf(answer);
        if (!trial)
          throw new Unmet(
            plain(`≤ ${seconds} s`),
            answer.err?.trim()
              ? seen(answer.err)
              : {
                  en: 'the visitor gave no usable answer',
                  fr: "le visiteur n'a rien donné d'utilisable",
                },
          );
        if (trial.longest > seconds) {
          const outage = trial.longest === Number.POSITIVE_INFINITY ? '∞' : String(trial.longest);
          throw new Unmet(plain(`≤ ${seconds} s`), {
            en: `${outage} s, ${trial.failed} of ${trial.requests} requests failed`,
            fr: `${outage} s, ${trial.failed} requêtes sur ${trial.requests} en échec`,
          });
        }
      },
    );
  }

  withoutFailedRequest(): Expectation {
    return expectation(
      {
        en: `no request fails under ${this.fault}`,
        fr: `aucune requête n'échoue sous ${this.fault}`,
      },
      this.from,
      this.probe,
      (answer) => {
        const trial = trialOf(answer);
        if (trial?.failed === 0) return;
        throw new Unmet(plain('0'), plain(trial ? `${trial.failed} / ${trial.requests}` : '?'));
      },
    );
  }
}

/** What a command on `from` sees of one fault. */
export class Watched {
  private readonly probe: Probe;
  private readonly from: string;
  constructor(fault: string, how: { from?: string; watch: string; seconds: number }) {
    this.from = how.from ?? 'client';
    this.probe = { kind: 'trial', fault, watch: how.watch, seconds: how.seconds };
  }

  /** `title` says what follows from the fault. */
  prints(wanted: RegExp, title: Text): Expectation {
    return this.judged(title, (out) => wanted.test(out), plain(wanted.source));
  }
  doesNotPrint(unwanted: RegExp, title: Text): Expectation {
    return this.judged(title, (out) => !unwanted.test(out), plain(`not ${unwanted.source}`));
  }

  private judged(title: Text, holds: (out: string) => boolean, wanted: Text): Expectation {
    return expectation(title, this.from, this.probe, ({ code, out, err }) => {
      // What could not be made, or not watched, says nothing of what does not follow.
      if (code !== 0) throw new Unmet(wanted, seen(err ?? ''));
      if (!holds(out)) throw new Unmet(wanted, seen(out));
    });
  }
}
