import { LabError } from '../../base/errors.ts';

/**
 * A guide is Markdown whose blocks say where they run (docs/writing-labs.md):
 *
 *     ```bash web1,web2            run on both, one after the other, as root, `bash -e`
 *     ```bash host                 run on the student's computer (npx lab …)
 *     ```ini web1 file=/etc/x.ini  a file the student writes; mode=0600 if not 0644
 *     ```text                      shown only
 *     ```text expect               lines that the output of the command before has; … stands for any text
 *
 * after a machine: `fails` (the command must fail), `until=20` (repeated until it succeeds, at most 20 s).
 */
export interface Block {
  kind: 'run' | 'file' | 'expect' | 'show';
  language: string;
  /** Machines, in order; `host` for the student's computer. */
  on: string[];
  /** The step it belongs to: the last heading `## N. Title` before it; 0 before the first. */
  step: number;
  line: number;
  text: string;
  path?: string;
  mode?: string;
  fails?: boolean;
  until?: number;
}

export interface Guide {
  /** Title of each step, by number. */
  steps: Map<number, string>;
  blocks: Block[];
}

const HEADING = /^## (\d+)\. (.+)$/;
const FENCE = /^(`{3,})(.*)$/;
const RUN_LANGUAGES = ['bash', 'sh'];

/** Reads the blocks and the steps of a guide. LabError with file and line for a block that is not understood. */
export function parseGuide(markdown: string, file: string): Guide {
  const guide: Guide = { steps: new Map(), blocks: [] };
  let step = 0;
  let open: { fence: string; block: Block } | undefined;
  const lines = markdown.split('\n');
  lines.forEach((line, index) => {
    if (open) {
      if (line.trimEnd() === open.fence) {
        guide.blocks.push(open.block);
        open = undefined;
      } else open.block.text += `${line}\n`;
      return;
    }
    const heading = HEADING.exec(line);
    if (heading) {
      step = Number(heading[1]);
      guide.steps.set(step, heading[2] ?? '');
    }
    const fence = FENCE.exec(line);
    if (fence)
      open = { fence: fence[1] ?? '', block: tagOf(fence[2] ?? '', step, index + 1, `${file}:${index + 1}`) };
  });
  if (open) throw mistake(`${file}:${open.block.line}`, 'the block is not closed');
  return guide;
}

function mistake(where: string, what: string): LabError {
  return new LabError(
    { en: `${where}: ${what}.`, fr: `${where} : ${what}.` },
    {
      en: 'docs/writing-labs.md lists the tags of blocks.',
      fr: 'docs/writing-labs.md liste les étiquettes des blocs.',
    },
  );
}

/** The tag of a block, what stands after its fence. LabError when it is not understood. */
export function tagOf(info: string, step: number, line: number, where: string): Block {
  const [language = '', ...words] = info.trim().split(/\s+/);
  const block: Block = { kind: 'show', language, on: [], step, line, text: '' };
  if (language === '') throw mistake(where, 'the block has no language; write text if it is only shown');
  if (words.length === 0) {
    if (RUN_LANGUAGES.includes(language)) throw mistake(where, 'the block does not say where it runs');
    return block;
  }
  if (language === 'text' && words[0] === 'expect' && words.length === 1) return { ...block, kind: 'expect' };
  const [machines = '', ...options] = words;
  block.on = machines.split(',');
  if (!block.on.every((name) => /^[a-z][a-z0-9-]*$/.test(name)))
    throw mistake(where, `"${machines}" is not a list of machines`);
  for (const option of options) {
    const [key = '', value = ''] = option.split(/=(.*)/s);
    if (key === 'file' && value.startsWith('/')) block.path = value;
    else if (key === 'mode' && /^0[0-7]{3}$/.test(value)) block.mode = value;
    else if (option === 'fails') block.fails = true;
    else if (key === 'until' && /^\d+$/.test(value)) block.until = Number(value);
    else throw mistake(where, `"${option}" is not an option of a block`);
  }
  block.kind = block.path ? 'file' : 'run';
  if (block.kind === 'run' && !RUN_LANGUAGES.includes(language))
    throw mistake(where, `a ${language} block needs file=/path`);
  if (block.kind === 'file' && block.on.includes('host'))
    throw mistake(where, "files are not written on the student's computer");
  return block;
}

/** The expected lines that `output` does not have, in order; empty when all are there. */
export function missingLines(expected: string, output: string): string[] {
  return expected
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== '…')
    .filter((line) => {
      const parts = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      return !new RegExp(parts.join('.*').replace(/ +/g, '[ \\t]+')).test(output);
    });
}

/** What differs between the two languages' blocks and steps; empty when they are the same. */
export function compareGuides(a: Guide, b: Guide): string[] {
  const shape = ({ line: _line, ...block }: Block) => JSON.stringify(block);
  // What is only shown may be in the reader's language.
  const first = a.blocks.filter((block) => block.kind !== 'show');
  const second = b.blocks.filter((block) => block.kind !== 'show');
  const found: string[] = [];
  if ([...a.steps.keys()].join() !== [...b.steps.keys()].join()) found.push('the steps differ');
  first.forEach((block, index) => {
    const twin = second[index];
    if (!twin) found.push(`line ${block.line}: no such block in the other language`);
    else if (shape(block) !== shape(twin)) found.push(`line ${block.line} and line ${twin.line} differ`);
  });
  for (const block of second.slice(first.length))
    found.push(`line ${block.line} of the other language: no such block`);
  return found;
}
