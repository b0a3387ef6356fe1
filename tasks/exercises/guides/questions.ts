/** A question that a guide asks, or a prediction that it wants before something is measured. */
export interface Question {
  /** Number of the step that it belongs to; 0 before the first. */
  step: number;
  /** Its number within the step. */
  number: number;
  kind: 'question' | 'prediction';
  /** What is asked, without the word before it. */
  text: string;
  /** The model answer, Markdown. */
  answer: string;
}

const HEADING = /^## (\d+)\. /;
const FENCE = /^(`{3,})/;
const SUMMARY = /^<details><summary>(.*)<\/summary>/;
/** The word with which a question begins; what it is says the first one. */
const WORDS = /^(Predictions?|Prédictions?|Questions?)\s*:\s*/i;

/** What is asked as it stands by itself: with a capital, and without Markdown's emphasis. */
const sentenceOf = (text: string): string => {
  const bare = text.replaceAll(/(\*{1,2})([^*]+)\1/g, '$2');
  return bare.charAt(0).toUpperCase() + bare.slice(1);
};

/** Calls back with each line of a guide: its step, and the question whose answer it is in (its place in the guide, from 0). */
function walk(
  markdown: string,
  line: (text: string, step: number, question: number | undefined) => void,
): void {
  let step = 0;
  let fence: string | undefined;
  let question: number | undefined;
  let questions = 0;
  for (const text of markdown.split('\n')) {
    if (fence === undefined) {
      step = Number(HEADING.exec(text)?.[1] ?? step);
      if (text.startsWith('</details>')) question = undefined;
    }
    line(text, step, question);
    const mark = FENCE.exec(text)?.[1];
    if (fence !== undefined) {
      if (text.trimEnd() === fence) fence = undefined;
    } else if (mark) fence = mark;
    else if (SUMMARY.test(text)) question = questions++;
  }
}

/** The questions of a guide, in order. */
export function questionsOf(markdown: string): Question[] {
  const all: Question[] = [];
  walk(markdown, (line, step, question) => {
    const open = question === undefined ? undefined : all[question];
    if (open) {
      open.answer += `${line}\n`;
      return;
    }
    const summary = SUMMARY.exec(line)?.[1];
    if (summary === undefined) return;
    const word = WORDS.exec(summary)?.[0] ?? '';
    all.push({
      ...{ step, number: all.filter((other) => other.step === step).length + 1 },
      kind: /^pr/i.test(word) ? 'prediction' : 'question',
      text: sentenceOf(summary.slice(word.length)),
      answer: '',
    });
  });
  return all.map((question) => ({ ...question, answer: question.answer.trim() }));
}

/** A guide without the model answers of some steps; its questions stay. */
export function withoutAnswers(markdown: string, shows: (step: number) => boolean): string {
  const lines: string[] = [];
  walk(markdown, (line, step, question) => {
    if (question === undefined || shows(step)) lines.push(line);
  });
  return lines.join('\n');
}
