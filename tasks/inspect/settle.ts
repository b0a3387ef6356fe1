import { showJobs } from '../base/progress.ts';
import { type Clock, waitByProgress } from '../base/progress-wait.ts';
import { say } from '../base/text.ts';
import type { Engine } from '../engines/engine.ts';
import type { EnvironmentFacts } from '../environment/provision/context.ts';
import type { SshHost } from '../remote/ssh.ts';
import { askFront, type FrontAnswer, frontError } from './front.ts';
import { problemsOf, waitHealthy } from './health.ts';
import { collectStatus, type EnvironmentStatus } from './status.ts';

/**
 * Seconds that page, addresses and services may take to settle once every role is applied (a machine that was reset in between
 * boots again): without any change in what is missing, and in all.
 */
const STALL = 90;
const END = 900;
/** Seconds of one question for the page, which repeats it on the client. */
const QUESTION = 10;

/** The page that is asked for, and from where. */
export interface Front {
  client: SshHost;
  address: string;
  host: string;
  page: string;
}

/** What is missing, as one line; empty when nothing is. */
const missing = (status: EnvironmentStatus): string => problemsOf(status).map(say).join('; ');

/** Waits for the page by progress: what is missing in the lab changes. LabError when the page does not come. */
export async function waitFront(
  ask: () => Promise<FrontAnswer | undefined>,
  status: () => Promise<EnvironmentStatus>,
  address: string,
  { factor = 1, tell = () => undefined }: { factor?: number; tell?: (line: string) => void } = {},
  clock?: Clock,
): Promise<FrontAnswer> {
  let last = '';
  const ended = await waitByProgress(
    {
      check: ask,
      progress: async () => {
        last = missing(await status());
        return last;
      },
      ...{ stall: STALL * factor, end: END * factor, every: 0.2 },
      tell: (elapsed) => {
        const line = `${Math.round(elapsed)} s: https://${address}/`;
        const rest = last ? `; ${last}` : '';
        tell(`${line} ${say({ en: 'does not answer yet', fr: 'ne répond pas encore' })}${rest}`);
      },
    },
    clock,
  );
  if (ended.why === 'done') return ended.value;
  throw frontError(address, ended.seconds, last);
}

/**
 * Waits until the page answers (where there is a front) and the whole lab is healthy, and shows what is missing meanwhile.
 * `factor`: how many times longer everything may take. LabError that says what is missing in the end.
 */
export async function settle(
  engine: Engine,
  facts: EnvironmentFacts,
  front: Front | undefined,
  { factor, quiet }: { factor: number; quiet: boolean },
): Promise<FrontAnswer | undefined> {
  const status = () => collectStatus(engine, facts, { longTimeouts: true });
  let answer: FrontAnswer | undefined;
  const run = async (tell: (line: string) => void): Promise<undefined> => {
    if (front) {
      const { client, address, host, page } = front;
      const ask = () => askFront(client, address, host, QUESTION, page);
      answer = await waitFront(ask, status, address, { factor, tell });
    }
    await waitHealthy(status, {
      ...{ stall: STALL * factor, end: END * factor },
      tell: (elapsed, problems) => tell(`${Math.round(elapsed)} s: ${problems.map(say).join('; ')}`),
    });
  };
  const title = say({ en: 'page and services', fr: 'page et services' });
  await showJobs([{ title, run }], { parallel: false, quiet });
  return answer;
}
