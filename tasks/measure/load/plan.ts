import { frontPage } from '../../artifacts/application/application.ts';
import { LabError } from '../../base/errors.ts';
import type { EnvironmentFacts } from '../../environment/provision/context.ts';
import { readService } from '../../roles/service.ts';
import { parseDuration } from '../drill/plan.ts';
import type { LoadKind, StreamPlan } from './model.ts';

/** How the application that a lab runs is asked: its page, and where a visitor stores a file. */
export interface LoadTarget {
  /** Host name in the address, and its scheme. */
  url: string;
  page: string;
  /** Path with {slot}. */
  file: string;
  /** name:password for files. */
  login: string;
  /** Header with the content's SHA-256, where the application understands one. */
  checksum?: string;
}

export interface LoadOptions {
  kind: LoadKind;
  /** Requests a second, of all kinds together. */
  rate: number;
  connections: number;
  /** Bytes of an upload. */
  size: number;
}

/** One upload among so many requests of a mixed load. */
const MIX = 10;

/** What the generator is to do. */
export function streamsOf(target: LoadTarget, { kind, rate, connections, size }: LoadOptions): StreamPlan[] {
  const uploads = kind === 'upload' ? rate : kind === 'mixed' ? rate / MIX : 0;
  const pages = rate - uploads;
  // A mixed load shares the connections: uploads take longer than their share of the requests, so they get half.
  const half = Math.max(1, Math.floor(connections / 2));
  const streams: StreamPlan[] = [];
  if (pages > 0) {
    streams.push({
      name: 'page',
      method: 'GET',
      path: target.page,
      rate: pages,
      connections: kind === 'mixed' ? Math.max(1, connections - half) : connections,
    });
  }
  if (uploads > 0) {
    streams.push({
      name: 'upload',
      method: 'PUT',
      path: target.file,
      headers: { authorization: `Basic ${Buffer.from(target.login).toString('base64')}` },
      rate: uploads,
      connections: kind === 'mixed' ? half : connections,
      size,
      cleanup: true,
      ...(target.checksum ? { checksum: target.checksum } : {}),
    });
  }
  return streams;
}

/** A number within limits. LabError that names the option. */
export function numberOption(option: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (value.trim() !== '' && number >= least && number <= most) return number;
  throw new LabError(
    { en: `${option} "${value}" is not possible.`, fr: `${option} « ${value} » n'est pas possible.` },
    {
      en: `give a number from ${least} to ${most}.`,
      fr: `donnez un nombre de ${least} à ${most}.`,
    },
  );
}

/** Seconds of "30", "30s", "5m" or "1h". LabError that names the option. */
export function durationOption(option: string, value: string): number {
  const seconds = parseDuration(value);
  if (seconds !== undefined && seconds >= 1 && seconds <= 24 * 3600) return seconds;
  throw new LabError(
    { en: `${option} "${value}" is not a duration.`, fr: `${option} « ${value} » n'est pas une durée.` },
    {
      en: 'write for example 30s, 5m or 1h; one second at least.',
      fr: 'écrivez par exemple 30s, 5m ou 1h ; une seconde au moins.',
    },
  );
}

/** How many web machines to compare: "1,2,3". LabError when the lab has fewer. */
export function webOption(value: string | undefined, machines: string[]): number[] {
  if (value === undefined) return [machines.length];
  const counts = value.split(',').map(Number);
  const wrong = counts.find((count) => !Number.isInteger(count) || count < 1);
  if (wrong !== undefined) {
    throw new LabError(
      {
        en: `--web "${value}" is not a list of numbers.`,
        fr: `--web « ${value} » n'est pas une liste de nombres.`,
      },
      { en: 'write for example --web 1,2.', fr: 'écrivez par exemple --web 1,2.' },
    );
  }
  const most = Math.max(...counts);
  if (most > machines.length) {
    throw new LabError(
      {
        en: `The lab has ${machines.length} web machines (${machines.join(', ')}), not ${most}.`,
        fr: `Le lab a ${machines.length} machines web (${machines.join(', ')}), pas ${most}.`,
      },
      { en: `add some with \`lab scale web=${most}\`.`, fr: `ajoutez-en avec \`lab scale web=${most}\`.` },
    );
  }
  return counts;
}

/** Both applications have this user (docs/sample-application.md). */
const STUDENT = 'student';

/** How the application of a lab is loaded. LabError for one that is not known here. */
export function loadTarget(facts: Pick<EnvironmentFacts, 'root' | 'app' | 'secrets'>): LoadTarget {
  const url = `https://${readService(facts.root).host}`;
  const login = `${STUDENT}:${String(facts.secrets.appPassword)}`;
  if (facts.app === 'sample')
    return { url, login, page: frontPage(facts.app), file: '/files/load-{slot}', checksum: 'x-sha256' };
  if (facts.app === 'nextcloud')
    return { url, login, page: frontPage(facts.app), file: `/remote.php/dav/files/${STUDENT}/load-{slot}` };
  throw new LabError(
    { en: `It is not known how to load ${facts.app}.`, fr: `On ne sait pas charger ${facts.app}.` },
    { en: 'use a lab with the sample application.', fr: "utilisez un lab avec l'application d'exemple." },
  );
}
