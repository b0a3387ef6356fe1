import {
  type Application,
  applicationName,
  recordedApplication,
} from '../artifacts/application/application.ts';
import { cachedArchive, importArchive, releaseUrl } from '../artifacts/application/archive.ts';
import {
  type AppWish,
  type Archives,
  checkWish,
  chooseApplication,
} from '../artifacts/application/choose.ts';
import { fetchText } from '../artifacts/download.ts';
import type { EngineName } from '../base/engine-names.ts';
import { LabError } from '../base/errors.ts';
import { showJobs } from '../base/progress.ts';
import { installFor } from '../engines/select.ts';
import type { Topology } from '../topology/model.ts';
import type { EnvironmentRecord } from './record.ts';

export interface SelectOptions extends AppWish {
  /** SHA-256 that the user says the archive has. */
  nextcloudSha256?: string | undefined;
  json?: boolean | undefined;
  /** Install missing Debian packages without asking. */
  yes?: boolean | undefined;
}

/** Seconds in which Nextcloud's server must answer for `auto` to think of it. */
const TRY = 4;

/** The cache, the user's files and the network. Downloads and checks are shown while they last. */
function archivesFor(engine: EngineName, options: SelectOptions): Archives {
  const official = releaseUrl();
  return {
    official,
    cached: () => cachedArchive(),
    reachable: () =>
      fetchText(`${official}.sha256`, TRY).then(
        (text) => text !== undefined,
        () => false,
      ),
    async take(source) {
      let taken: Awaited<ReturnType<typeof importArchive>> | undefined;
      const warnings: string[] = [];
      // Elsewhere than on Linux there is no mke2fs to install, and no need of it.
      if (engine !== 'vagrant-virtualbox') await installFor(['nextcloud'], { yes: options.yes ?? false });
      const run = async (report: (line: string) => void) => {
        taken = await importArchive(source, {
          sha256: options.nextcloudSha256,
          disk: engine === 'uml',
          report,
          warn: (line) => warnings.push(line),
        });
        return taken.release;
      };
      await showJobs([{ title: 'Nextcloud', run }], { parallel: false, quiet: options.json ?? false });
      for (const line of warnings) console.error(line);
      if (!taken) throw new Error('the archive was neither taken nor refused');
      return taken;
    },
  };
}

/** The application of a new lab. */
export async function selectApplication(
  topology: Topology,
  engine: EngineName,
  options: SelectOptions,
): Promise<Application> {
  return chooseApplication(topology, options, archivesFor(engine, options));
}

/**
 * LabError when a lab that exists is asked for another application: a lab keeps its own. The same archive may be given
 * again, which brings it back into the cache.
 */
export async function confirmApplication(
  name: string,
  record: EnvironmentRecord,
  options: SelectOptions,
): Promise<void> {
  checkWish(options);
  const { app = 'auto', nextcloud } = options;
  let other = app !== 'auto' && app !== record.app;
  if (nextcloud && !other) {
    const known = record.nextcloud?.sha256;
    other = !known || (await archivesFor(record.engine, options).take(nextcloud)).sha256 !== known;
  }
  if (!other) return;
  const runs = applicationName(recordedApplication(record));
  throw new LabError(
    {
      en: `The lab "${name}" already exists and runs ${runs.en}: a lab keeps its application.`,
      fr: `Le lab « ${name} » existe déjà et fait tourner ${runs.fr} : un lab garde son application.`,
    },
    {
      en: `leave --app and --nextcloud out, choose another --name, or remove this one with \`lab destroy --name ${name}\`.`,
      fr: `enlevez --app et --nextcloud, choisissez un autre --name, ou supprimez celui-ci avec \`lab destroy --name ${name}\`.`,
    },
  );
}
