import { resolve } from 'node:path';
import { exportRepository } from '../../artifacts/repository/export.ts';
import { keyNamed, type SigningKey, signingKey } from '../../artifacts/repository/keys.ts';
import { kitOf } from '../../artifacts/repository/layout.ts';
import { openRepository } from '../../artifacts/repository/open.ts';
import { mismatch, planOf } from '../../artifacts/repository/plan.ts';
import { needRoom, takeFile } from '../../artifacts/repository/pull.ts';
import { openSource } from '../../artifacts/repository/source.ts';
import { LabError } from '../../base/errors.ts';
import { seconds, showJobs } from '../../base/progress.ts';
import { label, say } from '../../base/text.ts';
import type { Provider } from '../../engines/vagrant/box.ts';
import { NEEDED_BUILDS } from '../../environment/preparation.ts';

interface PullOptions {
  key?: string;
  unsigned?: boolean;
  box?: Provider;
  json?: boolean;
}

const mib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** What the machines of this computer are made from, where nobody says: only Linux has the uml engine. */
const usualEngine = () => (process.platform === 'linux' ? 'uml' : 'vagrant-virtualbox');

/** `lab image pull URL|DIRECTORY`: takes into the cache what this version of the kit would otherwise build. */
export async function pull(place: string | undefined, options: PullOptions): Promise<number> {
  if (!place) {
    throw new LabError(
      { en: 'The address or folder to pull from is missing.', fr: "L'adresse ou le dossier manque." },
      {
        en: 'for example `lab image pull https://www.example.org/lab --key RW…`.',
        fr: 'par exemple `lab image pull https://www.example.org/lab --key RW…`.',
      },
    );
  }
  const since = Date.now();
  const quiet = options.json ?? false;
  const note = (line: string) => (quiet ? undefined : console.log(line));
  const key = options.key === undefined ? undefined : keyNamed(options.key);
  const repository = await openRepository(openSource(place), { key, unsigned: options.unsigned });
  const { source, index, signer } = repository;
  note(
    signer
      ? say({
          en: `${source.name}: kit ${kitOf(index.kit)}, signed by the key ${signer.id}.`,
          fr: `${source.name} : kit ${kitOf(index.kit)}, signé par la clé ${signer.id}.`,
        })
      : say({
          en: `${source.name}: kit ${kitOf(index.kit)}; the signature was not checked.`,
          fr: `${source.name} : kit ${kitOf(index.kit)} ; la signature n'a pas été vérifiée.`,
        }),
  );
  const kinds = NEEDED_BUILDS[options.box ? (`vagrant-${options.box}` as const) : usualEngine()];
  const plan = await planOf(repository, kinds);
  await needRoom(repository, plan.take);
  const jobs = plan.take.map((file) => ({
    title: `${file.kind} (${mib(file.size)})`,
    run: async (report: (line: string) => void) => {
      await takeFile(repository, file, report);
      return undefined;
    },
  }));
  if (jobs.length > 0) await showJobs(jobs, { parallel: true, quiet });
  const other = mismatch(repository, plan.missing);
  if (other) throw other;
  if (options.json) {
    const taken = plan.take.map(({ kind, digest, size }) => ({ kind, digest, bytes: size }));
    const took = Number(((Date.now() - since) / 1000).toFixed(1));
    const answer = { source: source.name, kit: index.kit, key: signer?.id, seconds: took };
    console.log(JSON.stringify({ ...answer, taken, there: plan.there }, null, 2));
    return 0;
  }
  note(
    plan.take.length > 0
      ? say({
          en: `In the cache after ${seconds(since)}: \`lab up\` need not build anything.`,
          fr: `En cache après ${seconds(since)} : \`lab up\` n'a plus rien à construire.`,
        })
      : say({
          en: 'Everything is in the cache already: nothing was taken.',
          fr: "Tout est déjà en cache : rien n'a été pris.",
        }),
  );
  return 0;
}

/** `lab image export DIRECTORY`: writes what `pull` reads. */
export async function exportTo(
  place: string,
  { sign, json }: { sign?: boolean; json?: boolean },
): Promise<number> {
  const since = Date.now();
  const folder = resolve(place);
  const key = sign ? await signingKey() : undefined;
  if (key?.made && !json) console.log(madeKey(key));
  let index: Awaited<ReturnType<typeof exportRepository>> | undefined;
  const run = async (report: (line: string) => void): Promise<string> => {
    index = await exportRepository(folder, key?.secret, report);
    return mib(index.files.reduce((sum, { size }) => sum + size, 0));
  };
  await showJobs([{ title: folder, run }], { parallel: false, quiet: json ?? false });
  if (json) {
    console.log(JSON.stringify({ folder, ...index, key: key?.public.text }, null, 2));
    return 0;
  }
  for (const { name, size } of index?.files ?? []) console.log(`${name}  ${mib(size)}`);
  console.log(`${folder}: ${say({ en: 'written', fr: 'écrit' })} (${seconds(since)})`);
  console.log(
    `${label({ en: 'With it', fr: 'Avec lui' })} npx lab image pull ${say({ en: 'URL-OR-FOLDER', fr: 'URL-OU-DOSSIER' })} ${key ? `--key ${key.public.text}` : '--unsigned'}`,
  );
  return 0;
}

const madeKey = ({ file }: SigningKey) =>
  say({
    en: `A key was made: ${file}. Keep a copy: with another one, students must be given a new key.`,
    fr: `Une clé a été créée : ${file}. Gardez-en une copie : avec une autre, il faut redonner une clé aux étudiants.`,
  });

/** `lab image key`: shows the public half of the key that signs, which is made the first time. */
export async function showKey(json: boolean): Promise<number> {
  const key = await signingKey();
  if (json) {
    console.log(
      JSON.stringify({ id: key.public.id, public: key.public.text, secretFile: key.file }, null, 2),
    );
    return 0;
  }
  if (key.made) console.log(madeKey(key));
  console.log(key.public.text);
  return 0;
}
