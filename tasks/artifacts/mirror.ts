import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Versions } from './versions.ts';

export interface Mirror {
  archive: string;
  security: string;
}

interface Source {
  uri: string;
  suites: string[];
}

const DEBIAN_SUITE =
  /^(oldstable|stable|testing|unstable|sid|bullseye|bookworm|trixie|forky|duke)(-updates|-backports|-security)?$/;

/** Sources in the one-line style of sources.list(5). */
export function parseList(text: string): Source[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s/.exec(`${line} `);
    return match?.[1] && match[2] ? [{ uri: match[1], suites: [match[2]] }] : [];
  });
}

/** Sources in the deb822 style of sources.list(5). */
export function parseDeb822(text: string): Source[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const lines = stanza.split('\n');
    const field = (name: string) =>
      lines
        .find((line) => line.toLowerCase().startsWith(`${name}:`))
        ?.slice(name.length + 1)
        .trim();
    if (!field('types')?.split(/\s+/).includes('deb') || field('enabled') === 'no') return [];
    const suites = field('suites')?.split(/\s+/) ?? [];
    return (field('uris')?.split(/\s+/) ?? []).map((uri) => ({ uri, suites }));
  });
}

/**
 * The Debian mirror that this computer is configured to use; the kit's default where it names none (Ubuntu, macOS).
 * `wish` (--mirror, LAB_MIRROR) goes first; its security archive is looked for beside it if its address ends in
 * /debian, and otherwise at the kit's default.
 */
export function findMirror(versions: Versions, wish: string | undefined, etc = '/etc/apt'): Mirror {
  if (wish) {
    const archive = wish.replace(/\/+$/, '');
    const security = archive.replace(/\/debian$/, '/debian-security');
    return { archive, security: security === archive ? versions.security_mirror : security };
  }
  const sources: Source[] = [];
  const add = (file: string) => {
    if (!existsSync(file)) return;
    const text = readFileSync(file, 'utf8');
    sources.push(...(file.endsWith('.sources') ? parseDeb822(text) : parseList(text)));
  };
  add(join(etc, 'sources.list'));
  const parts = join(etc, 'sources.list.d');
  if (existsSync(parts)) {
    for (const name of readdirSync(parts).sort()) if (/\.(list|sources)$/.test(name)) add(join(parts, name));
  }
  const usable = sources.filter(
    (source) => /^https?:/.test(source.uri) && source.suites.some((s) => DEBIAN_SUITE.test(s)),
  );
  const isSecurity = (source: Source) => source.suites.some((suite) => suite.endsWith('-security'));
  const strip = (source: Source | undefined) => source?.uri.replace(/\/+$/, '');
  return {
    archive: strip(usable.find((source) => !isSecurity(source))) ?? versions.mirror,
    security: strip(usable.find(isSecurity)) ?? versions.security_mirror,
  };
}

/** APT options of this computer that a download needs too (proxy, retries), from the output of `apt-config dump`. */
export function carriedOptions(dump: string): string[] {
  return dump
    .split('\n')
    .filter((line) =>
      /^Acquire::(https?::Proxy|https?::Proxy-Auto-Detect|Check-Valid-Until|Retries)\b.* ".+";$/i.test(line),
    );
}
