import { LabError } from '../../base/errors.ts';
import type { Topology } from '../../topology/model.ts';
import { type Application, type Nextcloud, rolesMissing } from './application.ts';

/** What the user asked for. */
export interface AppWish {
  app?: 'auto' | 'sample' | 'nextcloud' | undefined;
  /** Path or address of a release archive. */
  nextcloud?: string | undefined;
}

/** Where archives come from; tests give their own. */
export interface Archives {
  /** Takes an archive into the cache. LabError when it must not be used. */
  take(source: string): Promise<Nextcloud>;
  cached(): Promise<Nextcloud | undefined>;
  /** True when Nextcloud's server answers at once. */
  reachable(): Promise<boolean>;
  /** Address of the release that the kit is made for. */
  official: string;
}

/** LabError for options that contradict each other. */
export function checkWish({ app, nextcloud }: AppWish): void {
  if (app !== 'sample' || !nextcloud) return;
  throw new LabError(
    {
      en: '--app sample and --nextcloud contradict each other.',
      fr: '--app sample et --nextcloud se contredisent.',
    },
    { en: 'leave one of them out.', fr: "enlevez l'un des deux." },
  );
}

/**
 * The application of a new lab. Nextcloud when its archive is given, in the cache, or can be had from the network; else
 * the sample application, which needs nothing. LabError when what was asked for cannot be.
 */
export async function chooseApplication(
  topology: Topology,
  wish: AppWish,
  archives: Archives,
): Promise<Application> {
  checkWish(wish);
  const asked = wish.app === 'nextcloud' || wish.nextcloud !== undefined;
  if (wish.app === 'sample') {
    return { app: 'sample', why: { en: 'asked for with --app', fr: 'demandée avec --app' } };
  }
  const missing = rolesMissing(topology).join(', ');
  if (missing) {
    const what = {
      en: `the topology ${topology.name} has no machine for: ${missing}`,
      fr: `la topologie ${topology.name} n'a pas de machine pour : ${missing}`,
    };
    if (!asked) return { app: 'sample', why: what };
    throw new LabError(
      { en: `Nextcloud cannot run here: ${what.en}.`, fr: `Nextcloud ne peut pas tourner ici : ${what.fr}.` },
      { en: 'use --app sample or another topology.', fr: 'utilisez --app sample ou une autre topologie.' },
    );
  }
  if (wish.nextcloud) {
    const nextcloud = await archives.take(wish.nextcloud);
    return {
      app: 'nextcloud',
      nextcloud,
      why: { en: 'its archive was given', fr: 'son archive a été donnée' },
    };
  }
  const cached = await archives.cached();
  if (cached) {
    return {
      app: 'nextcloud',
      nextcloud: cached,
      why: { en: 'its archive is in the cache', fr: 'son archive est en cache' },
    };
  }
  if (await archives.reachable()) {
    const nextcloud = await archives.take(archives.official);
    return {
      app: 'nextcloud',
      nextcloud,
      why: { en: 'its archive was downloaded', fr: 'son archive a été téléchargée' },
    };
  }
  if (asked) {
    throw new LabError(
      {
        en: `There is no archive of Nextcloud in the cache, and ${archives.official} cannot be reached.`,
        fr: `Il n'y a pas d'archive de Nextcloud en cache, et ${archives.official} est injoignable.`,
      },
      {
        en: 'give one with --nextcloud PATH, or use --app sample.',
        fr: 'donnez-en une avec --nextcloud CHEMIN, ou utilisez --app sample.',
      },
    );
  }
  return {
    app: 'sample',
    why: {
      en: 'no archive of Nextcloud is in the cache, and its server cannot be reached; `--nextcloud PATH` gives one to a new lab',
      fr: 'aucune archive de Nextcloud en cache et son serveur est injoignable ; `--nextcloud CHEMIN` en donne une à un nouveau lab',
    },
  };
}
