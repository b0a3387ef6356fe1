import { say } from '../../base/text.ts';
import type { Block } from './guide.ts';
import { type Piece, piecesOf } from './pieces.ts';

/** What stands above a block for somebody who reads the guide: where it is typed, and what is to be expected. */
export function captionOf(block: Block): string | undefined {
  if (block.kind === 'show') return undefined;
  if (block.kind === 'expect')
    return say({
      en: 'You see, among others (… is any text):',
      fr: 'Vous voyez, entre autres (… est un texte quelconque) :',
    });
  if (block.on.includes('host')) return say({ en: 'On your computer:', fr: 'Sur votre ordinateur :' });
  const last = block.on.at(-1) ?? '';
  const rest = block.on.slice(0, -1).join(', ');
  const where = rest ? say({ en: `${rest} and ${last}`, fr: `${rest} et ${last}` }) : last;
  if (block.kind === 'file') {
    const mode = block.mode ? say({ en: ` (mode ${block.mode})`, fr: ` (mode ${block.mode})` }) : '';
    return say({
      en: `File ${block.path} on ${where}${mode}:`,
      fr: `Fichier ${block.path} sur ${where}${mode} :`,
    });
  }
  const how = [
    ...(block.fails ? [say({ en: 'it must fail', fr: 'cela doit échouer' })] : []),
    ...(block.until
      ? [
          say({
            en: `repeat until it succeeds, at most ${block.until} s`,
            fr: `à répéter jusqu'à ce que cela réussisse, ${block.until} s au plus`,
          }),
        ]
      : []),
  ];
  const note = how.length > 0 ? ` (${how.join(', ')})` : '';
  return say({ en: `On ${where}${note}:`, fr: `Sur ${where}${note} :` });
}

/**
 * A guide for reading: tags of blocks become a line above them, answers are left out unless asked for (a terminal cannot
 * fold them).
 */
export function readable(markdown: string, options: { answers: boolean }): string {
  const out: string[] = [];
  const show = (pieces: Piece[]): void => {
    for (const piece of pieces)
      if (piece.kind === 'prose') out.push(piece.text);
      else if (piece.kind === 'block') {
        const { fence, block } = piece;
        const caption = captionOf(block);
        if (caption) out.push(...gap(out), caption, '');
        out.push(`${fence}${block.language}`, `${block.text}${fence}`);
      } else {
        out.push(...gap(out), `> ${piece.question}`);
        if (options.answers) show(piece.answer);
        else out.push('');
      }
  };
  show(piecesOf(markdown));
  return out.join('\n').replace(/\n{3,}/g, '\n\n');
}

const gap = (out: string[]): string[] => (out.length === 0 || /(^|\n)$/.test(out.at(-1) ?? '') ? [] : ['']);
