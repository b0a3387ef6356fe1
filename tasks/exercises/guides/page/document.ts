import { say } from '../../../base/text.ts';
import { proseOf } from './markdown.ts';
import type { View } from './view.ts';

/** A page of docs/ as the page of a guide shows it, a chapter where a guide has a step. */
export function documentView(markdown: string): View {
  const [head = '', ...chapters] = markdown.split(/^(?=## )/m);
  const titleOf = (text: string) => /^#+ (.*)/.exec(text)?.[1] ?? '';
  return {
    label: say({ en: 'High-availability lab kit', fr: 'Kit de haute disponibilité' }),
    title: titleOf(head),
    student: undefined,
    sections: [head, ...chapters].map((text, step) => ({
      step,
      title: step > 0 ? titleOf(text) : '',
      shown: [{ kind: 'prose', html: proseOf(text, 'docs/') }],
      hints: [],
    })),
  };
}
