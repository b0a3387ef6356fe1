import { say } from '../../../base/text.ts';
import type { LabGuide } from '../model.ts';
import { type Piece, piecesOf, sectionsOf } from '../pieces.ts';
import { captionOf } from '../reading.ts';
import { lineOf, proseOf } from './markdown.ts';
import { pageWords } from './words.ts';

/** What the page shows of a guide; `html` is ready for it, `text` is not. */
export type Shown =
  | { kind: 'prose'; html: string }
  | {
      kind: 'block';
      caption: string | undefined;
      text: string;
      copies: boolean;
      id: string;
      /** Machines in which it can be typed; for a file its path and mode. */
      on: string[];
      path?: string;
      mode?: string;
      /** The page may have it run on this computer. */
      runs?: true;
    }
  | { kind: 'question'; number: string; html: string; answer: Shown[] };

export interface ShownSection {
  step: number;
  /** Of a step. */
  title: string;
  shown: Shown[];
  hints: string[];
}

export interface View {
  /** What the title is one of. */
  label: string;
  title: string;
  student: string | undefined;
  sections: ShownSection[];
}

export interface Wish {
  /** A step alone. */
  step?: number | undefined;
  answers: boolean;
  hints: boolean;
  student?: string | undefined;
  /** Titles are shown by other means. */
  bare?: boolean;
  /** Which blocks for this computer the page may have run. */
  runs?: (text: string) => boolean;
}

/** The title of a guide or of a step, at the beginning of its text. */
const TITLE = /^#{1,2} .*\n/;

/** A guide whose placeholders are filled in (`fill` does so for the hints) as the page shows it. */
export function viewOf(lab: LabGuide, guide: string, fill: (text: string) => string, wish: Wish): View {
  let blocks = 0;
  const sections = sectionsOf(guide).filter(({ step }) => wish.step === undefined || step === wish.step);
  return {
    label: `${pageWords().lab} ${lab.id}`,
    title: say(lab.title),
    student: wish.student,
    sections: sections.map(({ step, text }) => {
      let questions = 0;
      const show = (pieces: Piece[]): Shown[] =>
        pieces
          .map((piece): Shown => {
            if (piece.kind === 'prose') return { kind: 'prose', html: proseOf(piece.text) };
            if (piece.kind === 'question') {
              questions += 1;
              const answer = wish.answers ? show(piece.answer) : [];
              return {
                kind: 'question',
                number: `${step}.${questions}`,
                html: lineOf(piece.question),
                answer,
              };
            }
            blocks += 1;
            const { kind, text, path, mode } = piece.block;
            const copies = kind === 'run' || kind === 'file';
            const runs = kind === 'run' && piece.block.on.includes('host') && wish.runs?.(text);
            return {
              ...{ kind: 'block', caption: captionOf(piece.block), text, copies, id: `block-${blocks}` },
              on: piece.block.on.filter((name) => name !== 'host'),
              ...(path === undefined ? {} : { path }),
              ...(mode === undefined ? {} : { mode }),
              ...(runs ? { runs } : {}),
            };
          })
          .filter((shown) => shown.kind !== 'prose' || shown.html !== '');
      const known = lab.steps.find(({ number }) => number === step);
      return {
        step,
        title: known ? `${step}. ${say(known.title)}` : '',
        shown: show(piecesOf(wish.bare ? text.replace(TITLE, '') : text)),
        hints: wish.hints && known ? known.hints.map((hint) => lineOf(fill(say(hint)))) : [],
      };
    }),
  };
}
