import { type Block, tagOf } from './guide.ts';

/** What a guide consists of, in order, for those who show it. */
export type Piece =
  | { kind: 'prose'; text: string }
  | { kind: 'block'; fence: string; block: Block }
  | { kind: 'question'; question: string; answer: Piece[] };

/** A part of a guide: what comes before the first step (0), or a step with its heading. */
export interface Section {
  step: number;
  text: string;
}

export const sectionsOf = (markdown: string): Section[] =>
  markdown
    .split(/^(?=## \d+\. )/m)
    .map((text) => ({ step: Number(/^## (\d+)\. /.exec(text)?.[1] ?? 0), text }));

/** Takes a guide apart. LabError for a block whose tag is not understood. */
export function piecesOf(markdown: string): Piece[] {
  const all: Piece[] = [];
  let pieces = all;
  let open: { fence: string; block: Block } | undefined;
  for (const line of markdown.split('\n')) {
    const [, fence, info = ''] = /^(`{3,})(.*)$/.exec(line) ?? [];
    if (open) {
      if (line.trimEnd() === open.fence) open = undefined;
      else open.block.text += `${line}\n`;
    } else if (fence) {
      open = { fence, block: tagOf(info, 0, 0, '') };
      pieces.push({ kind: 'block', ...open });
    } else if (line.startsWith('<details>')) {
      const question = /<summary>(.*)<\/summary>/.exec(line)?.[1] ?? '';
      const answer: Piece[] = [];
      pieces.push({ kind: 'question', question, answer });
      pieces = answer;
    } else if (line.startsWith('</details>')) pieces = all;
    else {
      const last = pieces.at(-1);
      if (last?.kind === 'prose') last.text += `\n${line}`;
      else pieces.push({ kind: 'prose', text: line });
    }
  }
  return all;
}
