import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../base/digest.ts';
import { LabError, messageOf } from '../../base/errors.ts';
import { cacheFolder } from '../../base/paths.ts';
import type { Report } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import { download, fetchText } from '../download.ts';
import { INDEX, type RepositoryFile } from './layout.ts';

/** Seconds that a small file may take. */
const SMALL = 30;

/** A repository's files, wherever it is. */
export interface Source {
  /** Address or folder, as people read it. */
  name: string;
  /** The text of a small file; undefined when there is none of this name. LabError when nothing can be read there at all. */
  text(name: string): Promise<string | undefined>;
  /** A large file, on this computer and as its index says. LabError when it is not. */
  file(file: RepositoryFile, report: Report): Promise<string>;
  /** Bytes that are still to come before `file` can give it. */
  toCome(file: RepositoryFile): number;
  /** True when what `file` gives is a copy that nobody else uses. */
  copies: boolean;
}

/** The repository at a web address (http, https) or in a folder; the address of its index will do. LabError for anything else. */
export function openSource(given: string): Source {
  const place = given.endsWith(`/${INDEX}`) ? given.slice(0, -INDEX.length - 1) : given;
  if (/^https?:\/\//i.test(place)) return new WebSource(place.replace(/\/+$/, ''));
  if (/^[a-z][a-z+.-]+:\/\//i.test(place) && !place.startsWith('file:')) {
    throw new LabError(
      {
        en: `${given} is neither a web address nor a folder.`,
        fr: `${given} n'est ni une adresse web ni un dossier.`,
      },
      {
        en: 'give an address that begins with https:// or http://, or a folder.',
        fr: 'donnez une adresse qui commence par https:// ou http://, ou un dossier.',
      },
    );
  }
  return new FolderSource(resolve(place.startsWith('file:') ? fileURLToPath(place) : place));
}

class FolderSource implements Source {
  readonly copies = false;

  constructor(readonly name: string) {
    if (statSync(name, { throwIfNoEntry: false })?.isDirectory()) return;
    throw new LabError(
      { en: `There is no folder ${name}.`, fr: `Il n'y a pas de dossier ${name}.` },
      {
        en: 'give a folder that `lab image export DIRECTORY` has written, or its web address. A file is taken with `lab image import`.',
        fr: 'donnez un dossier écrit par `lab image export DOSSIER`, ou son adresse web. Un fichier se prend avec `lab image import`.',
      },
    );
  }

  async text(name: string): Promise<string | undefined> {
    const file = join(this.name, name);
    return existsSync(file) ? readFile(file, 'utf8') : undefined;
  }

  async file(file: RepositoryFile, report: Report): Promise<string> {
    const path = join(this.name, file.name);
    report(CHECKING());
    await mustMatch(path, path, file);
    return path;
  }

  toCome(): number {
    return 0;
  }
}

class WebSource implements Source {
  readonly copies = true;

  constructor(readonly name: string) {}

  private url(name: string): string {
    return `${this.name}/${name}`;
  }

  /** Named after what it must become: a download goes on wherever it was begun. */
  private part(file: RepositoryFile): string {
    return join(cacheFolder(), 'downloads', `${file.sha256}.part`);
  }

  async text(name: string): Promise<string | undefined> {
    try {
      return await fetchText(this.url(name), SMALL);
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      throw new LabError(
        { en: `${this.url(name)} could not be read.`, fr: `${this.url(name)} n'a pas pu être lu.` },
        {
          en: 'check the address, the network and the proxy.',
          fr: "vérifiez l'adresse, le réseau et le proxy.",
        },
        [messageOf(error), ...(cause ? [messageOf(cause)] : [])],
      );
    }
  }

  async file(file: RepositoryFile, report: Report): Promise<string> {
    const part = this.part(file);
    await mkdir(join(part, '..'), { recursive: true });
    const have = () => statSync(part, { throwIfNoEntry: false })?.size ?? 0;
    if (have() > file.size) await rm(part, { force: true });
    if (have() < file.size) {
      await download(this.url(file.name), part, (bytes, _, anew) => {
        const line = `${mib(bytes)} / ${mib(file.size)} MiB`;
        report(anew ? `${line} (${ANEW()})` : line);
      });
    }
    report(CHECKING());
    try {
      await mustMatch(part, this.url(file.name), file);
    } catch (error) {
      // Of one that is short the rest may still come; any other is of no use.
      if (have() >= file.size) await rm(part, { force: true });
      throw error;
    }
    return part;
  }

  toCome(file: RepositoryFile): number {
    return file.size - (statSync(this.part(file), { throwIfNoEntry: false })?.size ?? 0);
  }
}

const mib = (bytes: number) => Math.floor(bytes / 2 ** 20);
const CHECKING = () => say({ en: 'checking', fr: 'vérification' });
const ANEW = () =>
  say({
    en: 'from the beginning: the server cannot resume',
    fr: 'depuis le début : le serveur ne sait pas reprendre',
  });

/** LabError unless a file has the size and the SHA-256 that the index says; `where` it is from. */
async function mustMatch(path: string, where: string, file: RepositoryFile): Promise<void> {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) {
    throw new LabError(
      {
        en: `${where} is missing, although the index names it.`,
        fr: `${where} manque, bien que l'index le nomme.`,
      },
      AGAIN,
    );
  }
  if (size < file.size) {
    throw new LabError(
      {
        en: `${where} is cut short: ${size} of ${file.size} bytes.`,
        fr: `${where} est tronqué : ${size} octets sur ${file.size}.`,
      },
      AGAIN,
    );
  }
  if (size === file.size && (await sha256(path)) === file.sha256) return;
  throw new LabError(
    {
      en: `${where} is not what the index promises (its SHA-256 differs): it was damaged or exchanged.`,
      fr: `${where} n'est pas ce que promet l'index (son SHA-256 diffère) : il a été abîmé ou échangé.`,
    },
    AGAIN,
  );
}

const AGAIN = {
  en: 'nothing of it was used; the repository must be written or copied again (`lab image export`), then pulled again.',
  fr: "rien n'en a été pris ; il faut réécrire ou recopier le dépôt (`lab image export`), puis le reprendre.",
};
