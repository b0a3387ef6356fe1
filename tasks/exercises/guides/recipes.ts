import type { Language, Text } from '../../base/text.ts';
import type { LabGuide } from './model.ts';

/** Points of a lab: all of them, and those that are earned by typing what its guide says. */
export interface Earned {
  possible: number;
  pasted: number;
  /** Ids of the steps for which it has no recipe. */
  without: string[];
}

export function earnedByPaste({ steps }: Pick<LabGuide, 'steps'>): Earned {
  const sum = (some: LabGuide['steps']) => some.reduce((total, { points }) => total + points, 0);
  return {
    possible: sum(steps),
    pasted: sum(steps.filter(({ recipe }) => recipe)),
    without: steps.filter(({ recipe }) => !recipe).map(({ id }) => id),
  };
}

const WORDS: Record<'lab' | 'pasted' | 'without' | 'all' | 'none', Text> = {
  lab: { en: 'lab', fr: 'lab' },
  pasted: { en: 'all blocks pasted', fr: 'tous les blocs collés' },
  without: { en: 'steps without a recipe', fr: 'étapes sans recette' },
  all: { en: 'all labs', fr: 'tous les labs' },
  none: { en: 'none', fr: 'aucune' },
};

/** Lab by lab, what a paste of all blocks of its guide earns, as a table in Markdown. */
export function recipesTable(labs: LabGuide[], language: Language): string {
  const earned = labs.map((lab) => ({ name: `${lab.id} ${lab.title[language]}`, ...earnedByPaste(lab) }));
  const total = (pick: (one: Earned) => number) => earned.reduce((sum, one) => sum + pick(one), 0);
  const of = language === 'en' ? 'of' : 'sur';
  const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;
  return [
    row(WORDS.lab[language], WORDS.pasted[language], WORDS.without[language]),
    '|---|---|---|',
    ...earned.map(({ name, pasted, possible, without }) =>
      row(name, `${pasted} ${of} ${possible}`, without.join(', ') || WORDS.none[language]),
    ),
    row(
      `**${WORDS.all[language]}**`,
      `**${total(({ pasted }) => pasted)} ${of} ${total(({ possible }) => possible)}**`,
      '',
    ),
  ].join('\n');
}
