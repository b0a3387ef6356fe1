import { LabError } from '../../base/errors.ts';
import type { Ended } from '../../base/exec.ts';
import type { Text } from '../../base/text.ts';

/** What server.sh cannot do, by the name that it prints: what is wrong, and what to do. */
const PROBLEMS: Record<string, (host: string, detail: string) => [what: Text, fix: Text]> = {
  'no-package': (host, name) => [
    { en: `${host} knows no package ${name}.`, fr: `${host} ne connaît pas de paquet ${name}.` },
    {
      en: 'its APT sources must have Debian 13 (main), from a mirror that it reaches or from a local repository: docs/class.md, "Servers without Internet".',
      fr: 'ses sources APT doivent avoir Debian 13 (main), depuis un miroir joignable ou un dépôt local : docs/class.fr.md, « Serveurs sans Internet ».',
    },
  ],
  install: (host, names) => [
    {
      en: `The packages could not be installed on ${host} (${names}).`,
      fr: `Les paquets n'ont pas pu être installés sur ${host} (${names}).`,
    },
    {
      en: '`apt-get install` with these names says there what is in the way; mend it and repeat the command.',
      fr: '`apt-get install` avec ces noms y dit ce qui gêne ; corrigez-le et relancez la commande.',
    },
  ],
  'no-store': (host, folder) => [
    {
      en: `${host} has no folder ${folder}: the store is not there.`,
      fr: `${host} n'a pas de dossier ${folder} : le dossier partagé n'y est pas.`,
    },
    {
      en: 'mount at the same path, on every server, a folder that all of them see (NFS 4), and name a folder in it.',
      fr: 'montez au même chemin, sur chaque serveur, un dossier que tous voient (NFS 4), et indiquez un dossier à l’intérieur.',
    },
  ],
  'store-refuses': (host, detail) => [
    {
      en: `${wordsOf(detail)[0]} cannot be made or written on ${host}.`,
      fr: `${wordsOf(detail)[0]} ne peut pas être créé ou écrit sur ${host}.`,
    },
    {
      en: `make it on the file server, as the folder of the user with the number ${wordsOf(detail)[1]} (chown), mode 0700.`,
      fr: `créez-le sur le serveur de fichiers, au nom de l'utilisateur de numéro ${wordsOf(detail)[1]} (chown), mode 0700.`,
    },
  ],
  'store-owner': (host, detail) => [
    {
      en: `${wordsOf(detail)[0]} belongs to somebody else (seen from ${host}).`,
      fr: `${wordsOf(detail)[0]} appartient à quelqu'un d'autre (vu de ${host}).`,
    },
    {
      en: `name a new folder, or give it to the user with the number ${wordsOf(detail)[1]} (chown).`,
      fr: `indiquez un nouveau dossier, ou donnez-le à l'utilisateur de numéro ${wordsOf(detail)[1]} (chown).`,
    },
  ],
  'store-differs': (host, folder) => [
    {
      en: `${host} does not see in ${folder} what the first server writes there.`,
      fr: `${host} ne voit pas dans ${folder} ce que le premier serveur y écrit.`,
    },
    {
      en: 'it must be the same folder on every server, mounted at the same path: is the store mounted there (findmnt)?',
      fr: 'ce doit être le même dossier sur chaque serveur, monté au même chemin : le dossier partagé y est-il monté (findmnt) ?',
    },
  ],
  'store-locks': (host, folder) => [
    {
      en: `${folder} cannot be locked on ${host}.`,
      fr: `${folder} ne peut pas être verrouillé sur ${host}.`,
    },
    {
      en: 'mount it with locks (NFS 4; not "nolock").',
      fr: 'montez-le avec verrous (NFS 4 ; sans « nolock »).',
    },
  ],
  unit: (host, unit) => [
    { en: `${unit} does not start on ${host}.`, fr: `${unit} ne démarre pas sur ${host}.` },
    {
      en: `\`journalctl -u ${unit}\` says why there; mend it and repeat the command.`,
      fr: `\`journalctl -u ${unit}\` y dit pourquoi ; corrigez-le et relancez la commande.`,
    },
  ],
  nodes: (host, all) => [
    {
      en: `Not all servers take jobs (${host} sees: ${all || 'none'}).`,
      fr: `Tous les serveurs ne prennent pas de travaux (${host} voit : ${all || 'aucun'}).`,
    },
    {
      en: 'between servers the ports 6817, 6818 and 60001 to 60999 must be open; `journalctl -u slurmd` says more on the one that is missing.',
      fr: 'entre serveurs, les ports 6817, 6818 et 60001 à 60999 doivent être ouverts ; `journalctl -u slurmd` en dit plus sur celui qui manque.',
    },
  ],
  kit: (host, folder) => [
    {
      en: `The kit could not be put in ${folder} on ${host}.`,
      fr: `Le kit n'a pas pu être placé en ${folder} sur ${host}.`,
    },
    {
      en: 'its disk must have 50 MB free; or put the kit in a folder that all servers see, and name it with --kit.',
      fr: 'il faut 50 Mo libres sur son disque ; ou placez le kit dans un dossier que tous les serveurs voient, et indiquez-le avec --kit.',
    },
  ],
};

const wordsOf = (detail: string): string[] => detail.split(' ');

/** What an errand has changed, by name. LabError for what it could not do. */
export function changesIn(host: string, ended: Ended): string[] {
  const lines = ended.stdout.split('\n');
  const [, name = '', detail = ''] = /^problem (\S+) ?(.*)$/m.exec(ended.stdout) ?? [];
  const known = PROBLEMS[name];
  const said = ended.stderr.trim().split('\n').filter(Boolean).slice(-5);
  if (known) throw new LabError(...known(host, detail), said);
  if (ended.code !== 0)
    throw new LabError(
      {
        en: `A step of the setup failed on ${host}.`,
        fr: `Une étape de la configuration a échoué sur ${host}.`,
      },
      {
        en: 'mend what it says and repeat the command: it goes on where it was.',
        fr: 'corrigez ce qu’elle dit et relancez la commande : elle reprend là où elle en était.',
      },
      said,
    );
  return lines.flatMap((line) => (line.startsWith('changed ') ? [line.slice('changed '.length).trim()] : []));
}
