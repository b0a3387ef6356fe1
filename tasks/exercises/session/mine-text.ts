import type { Text } from '../../base/text.ts';
import type { FromMine, Laid } from './from-mine.ts';
import type { Refused } from './offers.ts';

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** "lab 04", "labs 02, 04". */
const labsOf = (labs: string[]): Text => ({
  en: `${labs.length > 1 ? 'labs' : 'lab'} ${labs.join(', ')}`,
  fr: `${labs.length > 1 ? 'des labs' : 'du lab'} ${labs.join(', ')}`,
});

function laidLine({ lab, machines, done }: Laid): Text {
  const files = Object.entries(machines)
    .map(([machine, paths]) => `${machine} (${paths.map(nameOf).join(', ')})`)
    .join(', ');
  const kits = done.join(', ');
  return {
    en: `It begins with your own files of lab ${lab}: ${files}.${kits ? ` Not all of them are your work: ${kits}.` : ''}`,
    fr: `Il commence avec vos propres fichiers du lab ${lab} : ${files}.${kits ? ` Tout n'y est pas votre travail : ${kits}.` : ''}`,
  };
}

function refusedLine({ labs, machines, why, fix }: Refused): Text {
  const of = labsOf(labs);
  const names = machines.join(', ');
  const where = names
    ? {
        en: `The kit's files are on ${names}, not yours of`,
        fr: `Sur ${names}, ce sont les fichiers du kit, pas les vôtres`,
      }
    : {
        en: "It begins with the kit's files in place of yours of",
        fr: 'Il commence avec les fichiers du kit au lieu des vôtres',
      };
  return {
    en: `${where.en} ${of.en}: ${why.en}.${fix ? ` To begin with yours: ${fix.en}.` : ''}`,
    fr: `${where.fr} ${of.fr} : ${why.fr}.${fix ? ` Pour commencer avec les vôtres : ${fix.fr}.` : ''}`,
  };
}

/** Says with whose files a lab began: a sentence for each lab before that it builds upon. */
export function mineLines({ own, kit }: FromMine): Text[] {
  if (own.length + kit.length === 0)
    return [
      {
        en: 'It begins with nothing that an earlier lab builds, so with no files of yours.',
        fr: "Il ne part de rien qu'un lab précédent construise, donc d'aucun de vos fichiers.",
      },
    ];
  return [...own.map(laidLine), ...kit.map(refusedLine)];
}
