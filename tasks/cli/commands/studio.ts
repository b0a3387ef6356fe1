import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { describe } from '../../architecture/describe.ts';
import { machinesPlaces } from '../../architecture/machines.ts';
import { openInBrowser } from '../../base/browser.ts';
import { LabError } from '../../base/errors.ts';
import { writeFileAtomic, writePrivate } from '../../base/files.ts';
import { DEFAULT_ENVIRONMENT, ROOT } from '../../base/paths.ts';
import { say } from '../../base/text.ts';
import { tokenFile } from '../../class/front/bridge.ts';
import { LAB_HOST } from '../../class/front/proxy.ts';
import { type Environment, existingEnvironment, topologySource } from '../../environment/record.ts';
import { readRoles } from '../../roles/roles.ts';
import { readAssets } from '../../studio/assets.ts';
import { LabChecks } from '../../studio/checks.ts';
import { doorOf } from '../../studio/door.ts';
import { exportedPage } from '../../studio/export.ts';
import { Feed } from '../../studio/feed.ts';
import { follow, leadFile } from '../../studio/follow.ts';
import { HostRun } from '../../studio/host-run.ts';
import { LabActs } from '../../studio/lab-acts.ts';
import { LabStudy } from '../../studio/lab-study.ts';
import { wayTo } from '../../studio/lab-way.ts';
import { redirectPage } from '../../studio/redirect.ts';
import { type Behind, type Studio, startStudio } from '../../studio/server.ts';
import { LabShells } from '../../studio/shells.ts';
import type { Practice } from '../../studio/study.ts';
import { useFile } from '../../studio/used.ts';
import { knownTopologies, loadTopology } from '../../topology/load.ts';
import type { LabEvent } from '../../watch/model/event.ts';
import type { LabPlan } from '../../watch/model/plan.ts';
import type { LabState } from '../../watch/model/state.ts';
import { replay } from '../../watch/recording.ts';

export interface StudioOptions {
  name: string;
  port?: string;
  replay?: string;
  /** Write the page with the recording instead of serving it. */
  export?: string;
  /** Only show. */
  readOnly?: boolean;
  /** False: no browser is started. */
  open?: boolean;
  /** Socket on which the page is served instead, to the front of a class; its token is beside it. */
  socket?: string;
}

/** Serves the lab's page until Ctrl-C. */
export async function studio(options: StudioOptions): Promise<number> {
  if (options.export !== undefined) return exportRecording(options.export, options.replay);
  const port = options.socket === undefined ? portOf(options.port) : await behind(options.socket);
  const stop = new AbortController();
  process.removeAllListeners('SIGINT');
  process.on('SIGINT', () => stop.abort());
  if (options.replay) {
    const { name, events: recorded, plan } = await recordingIn(options.replay);
    const feed = new Feed(placesOf, { name, events: recorded });
    await feed.lookAtPlaces(plan);
    return offer(
      await startStudio(feed, readAssets(ROOT), port),
      options,
      stop,
      new Promise(() => undefined),
    );
  }
  return serveLab(options, port, stop);
}

/** Serves the page of a lab, also before there is one. */
async function serveLab(
  options: StudioOptions,
  port: number | Behind,
  stop: AbortController,
): Promise<number> {
  const lab = { name: options.name, root: ROOT };
  // A name that was mistyped is no lab to be made; one that only shows has nothing to show yet.
  if (options.readOnly || options.name !== DEFAULT_ENVIRONMENT) await existingEnvironment(options.name);
  let environment: Environment | undefined;
  const feed = new Feed(async () => environment && placesOf(topologySource(lab.name, environment.record)));
  const door = () => doorOf(lab.name, environment);
  const acts = options.readOnly
    ? undefined
    : new LabActs(
        lab,
        door,
        () => feed.now,
        (work) => feed.tellWork(work),
      );
  const study = new LabStudy(lab.name);
  const checks = new LabChecks(lab, (found) => feed.keep({ kind: 'checks', checks: found }));
  const run = new HostRun(lab, (output) => feed.keep({ kind: 'output', output }));
  const used = options.socket === undefined ? undefined : useFile(options.socket);
  const shells = new LabShells(
    (machine) => wayTo(lab.name, machine),
    (all) => feed.keep({ kind: 'shells', shells: all }),
    used,
  );
  const served = await startStudio(feed, readAssets(ROOT), port, acts, {
    study,
    practice: practiceOf(study, checks, run),
    shells,
    ...(used ? { used } : {}),
  });
  const lead = await leadFile(lab.name);
  const told = new Set<string>();
  const following = follow(lab, {
    ...{ feed, acts, signal: stop.signal },
    entered: (now) => {
      environment = now;
      // Those of machines that are gone.
      if (!now) shells.end();
    },
    say: (problem) => {
      if (!told.has(problem)) console.error(problem);
      told.add(problem);
    },
  });
  try {
    return await offer(served, options, stop, following, lead.file);
  } finally {
    await lead.remove();
    checks.end();
    shells.end();
    await run.end();
    if (acts?.busy)
      console.log(
        say({
          en: 'What the page began is being stopped and undone…',
          fr: 'Ce que la page a commencé est en cours d’arrêt et d’annulation…',
        }),
      );
    await acts?.end();
    tellBroken(feed.now);
  }
}

/** A socket that no other user can reach, in the place of one that a killed page left; the front reads the token beside it. */
async function behind(socket: string): Promise<Behind> {
  const token = randomBytes(32).toString('base64url');
  await rm(socket, { force: true });
  await writePrivate(tokenFile(socket), token);
  process.umask(0o077);
  return { socket, host: LAB_HOST, token };
}

const practiceOf = (study: LabStudy, checks: LabChecks, run: HostRun): Practice => ({
  check: checks.check.bind(checks),
  hint: study.hint.bind(study),
  run: async (lab, text, language) => {
    if (run.begin(lab, text, await study.hostLines(lab, text, language), language)) return;
    throw new LabError(
      { en: 'Another block is at work.', fr: 'Un autre bloc est en cours.' },
      { en: 'wait for it, or stop it.', fr: 'attendez-le, ou arrêtez-le.' },
    );
  },
  stopRun: run.stop.bind(run),
});

/** What stays broken when the page is gone. */
function tellBroken({ broken = [] }: LabState): void {
  const open = broken.filter(({ by }) => by === 'user' || by === 'lab');
  if (open.length === 0) return;
  const list = open.map(({ words }) => say(words)).join('; ');
  console.log(
    say({
      en: `Still broken: ${list}. \`lab fault --undo\` undoes it.`,
      fr: `Toujours cassé : ${list}. \`lab fault --undo\` l'annule.`,
    }),
  );
}

async function recordingIn(
  file: string,
): Promise<{ name: string; events: LabEvent[]; plan: LabPlan | undefined }> {
  const recorded: LabEvent[] = [];
  for await (const event of replay(file)) recorded.push(event);
  const [first] = recorded;
  const plan =
    first?.what === 'snapshot' ? first.state.plan : first?.what === 'plan' ? first.plan : undefined;
  return { name: basename(file), events: recorded, plan };
}

/** Writes a recording as one page that opens without anything else. */
async function exportRecording(file: string, recording: string | undefined): Promise<number> {
  if (recording === undefined)
    throw new LabError(
      {
        en: '--export writes a recording, and none is named.',
        fr: "--export écrit un enregistrement, et aucun n'est indiqué.",
      },
      { en: 'add --replay FILE.', fr: 'ajoutez --replay FICHIER.' },
    );
  const { name, events: recorded, plan } = await recordingIn(recording);
  const places = plan && (await placesOf(plan.topology));
  if (!places)
    throw new LabError(
      {
        en: `The topology of ${recording} is not at hand${plan ? ` (${plan.topology})` : ''}.`,
        fr: `La topologie de ${recording} n'est pas disponible${plan ? ` (${plan.topology})` : ''}.`,
      },
      { en: 'export it where its lab is.', fr: 'exportez-le là où se trouve son lab.' },
    );
  await writeFileAtomic(
    file,
    exportedPage(readAssets(ROOT), [
      { kind: 'places', places },
      { kind: 'recording', name, events: recorded },
    ]),
  );
  console.log(
    say({
      en: `${file} is written: open it in a browser.`,
      fr: `${file} est écrit : ouvrez-le dans un navigateur.`,
    }),
  );
  return 0;
}

/** Where the machines of a topology stand; undefined where its file is not at hand any more. */
async function placesOf(source: string) {
  const known = knownTopologies(ROOT).includes(source) || source.includes('/') || source.includes('\\');
  if (!known) return undefined;
  const plan = describe(await loadTopology(source, ROOT), readRoles(ROOT));
  const places = (language: 'en' | 'fr') => machinesPlaces(plan, language, 'wide', 44);
  return { en: places('en'), fr: places('fr') };
}

function tellLink(served: Studio, keys: boolean): void {
  console.log(served.link());
  console.log(
    say({
      en: `The link counts once, for a minute.${keys ? ' Enter: another one.' : ''} Ctrl-C ends the page.`,
      fr: `Le lien est valable une fois, pendant une minute.${keys ? ' Entrée : un autre lien.' : ''} Ctrl-C termine la page.`,
    }),
  );
}

async function offer(
  served: Studio,
  { open, socket }: StudioOptions,
  stop: AbortController,
  work: Promise<void>,
  file?: string,
): Promise<number> {
  const keys = process.stdin.isTTY ? createInterface({ input: process.stdin }) : undefined;
  if (socket === undefined) tellLink(served, keys !== undefined);
  keys?.on('line', () => console.log(served.link()));
  keys?.on('SIGINT', () => stop.abort());
  if (file && open !== false) {
    // Not on a command line, where every user of this computer could read the code.
    await writePrivate(file, redirectPage(served.link()));
    openInBrowser(file);
  }
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
  try {
    // When the lab is gone the page says so, and stays until Ctrl-C.
    await Promise.race([stopped, work.then(() => stopped)]);
  } finally {
    stop.abort();
    keys?.close();
    await served.close();
  }
  return 0;
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new LabError({ en: `"${text}" is not a port.`, fr: `« ${text} » n'est pas un port.` });
}
