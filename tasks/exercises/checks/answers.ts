import type { Answer, MachineFacts, MachineState, Probe } from './probe.ts';
import { probeKey } from './probe.ts';

interface Frame {
  code: number;
  text: string;
}

/** The framed answers in what a machine printed; a frame that comes twice keeps its first text. */
export function framesOf(output: string, nonce: string): Map<string, Frame> {
  const frames = new Map<string, Frame>();
  const pattern = new RegExp(`^@@${nonce} (\\S+) (\\d+)\\n`, 'gm');
  const heads = [...output.matchAll(pattern)];
  heads.forEach((head, index) => {
    const from = head.index + head[0].length;
    const to = heads[index + 1]?.index ?? output.length;
    const text = output.slice(from, to).replace(/\n$/, '');
    if (!frames.has(head[1] ?? '')) frames.set(head[1] ?? '', { code: Number(head[2]), text });
  });
  return frames;
}

/** The exit code by which `timeout` says that it ended the program. */
const TIMED_OUT = 124;

function own(frames: Map<string, Frame>, id: string): Answer | undefined {
  const frame = frames.get(id);
  if (!frame) return undefined;
  const err = frames.get(`${id}!`)?.text.trim();
  return {
    code: frame.code === TIMED_OUT || frame.code === 137 ? null : frame.code,
    out: frame.text,
    ...(err ? { err } : {}),
  };
}

/** Blocks of `systemctl show`, one a unit in the order asked, empty line between. */
function unitAnswer(frames: Map<string, Frame>, position: number): Answer | undefined {
  const all = own(frames, 'units');
  if (!all || all.code === null) return all;
  return { code: 0, out: all.out.split(/\n\n+/)[position] ?? '' };
}

function packageAnswer(frames: Map<string, Frame>, name: string): Answer | undefined {
  const all = own(frames, 'packages');
  if (!all || all.code === null) return all;
  const line = all.out.split('\n').find((line) => line.startsWith(`${name} `));
  return { code: 0, out: line?.slice(name.length + 1) ?? 'unknown' };
}

function headersOf(text: string): Record<string, string> {
  // After a redirection or a 100, the last block counts.
  const block =
    text
      .trim()
      .split(/\r?\n\r?\n/)
      .at(-1) ?? '';
  return Object.fromEntries(
    block.split(/\r?\n/).flatMap((line) => {
      const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name.toLowerCase(), value ?? '']];
    }),
  );
}

function httpAnswer(frames: Map<string, Frame>, index: number, times: number): Answer | undefined {
  const done = frames.has('http');
  const responses = [...Array(times).keys()].flatMap((round) => {
    const line = frames.get(`curl${index}.${round}`)?.text;
    if (line === undefined) return [];
    const [status = '', time = '', exit = '', ...words] = line.trim().split(' ');
    return [
      {
        status: Number(status),
        time: Number(time),
        exit: Number(exit),
        error: words.join(' ').slice(0, 200),
        headers: headersOf(frames.get(`http${index}.${round}.head`)?.text ?? ''),
        body: frames.get(`http${index}.${round}`)?.text ?? '',
      },
    ];
  });
  if (responses.length === times) return { code: 0, out: JSON.stringify(responses) };
  return done ? { code: null, out: '' } : undefined;
}

/** Rows of one query. An error names its line; each query has two lines, of which it is the second. */
function sqlAnswer(
  frames: Map<string, Frame>,
  index: number,
  job: string,
  position: number,
): Answer | undefined {
  const whole = own(frames, job);
  const rows = frames.get(`sql${index}`)?.text;
  const errors = (whole?.err ?? '').split('\n').filter((line) => line.startsWith('ERROR'));
  const mine = errors.find(
    (line) => line.includes(` at line ${position * 2 + 2}:`) || !/ at line \d+/.test(line),
  );
  if (mine) return { code: 1, out: '', err: mine };
  if (rows !== undefined && whole) return { code: 0, out: rows };
  if (!whole) return undefined;
  return { code: whole.code, out: '', ...(whole.err ? { err: whole.err } : {}) };
}

/** What each probe was answered. Probes without an answer are left out. */
export function answersOf(probes: Probe[], output: string, nonce: string): Record<string, Answer> {
  const frames = framesOf(output, nonce);
  const position = { unit: 0, file: 0 };
  const sqlJobs = new Map<string, { job: string; next: number }>();
  const answers: Record<string, Answer> = {};
  probes.forEach((probe, index) => {
    let answer: Answer | undefined;
    if (probe.kind === 'unit') answer = unitAnswer(frames, position.unit++);
    else if (probe.kind === 'package') answer = packageAnswer(frames, probe.name);
    else if (probe.kind === 'file') {
      const done = frames.has('files');
      answer = own(frames, `file${position.file++}`) ?? (done ? { code: null, out: '' } : undefined);
    } else if (probe.kind === 'http') answer = httpAnswer(frames, index, probe.times ?? 1);
    else if (probe.kind === 'sql') {
      const { query: _query, ...target } = probe;
      const key = JSON.stringify(target);
      const place = sqlJobs.get(key) ?? { job: `sqls${index}`, next: 0 };
      answer = sqlAnswer(frames, index, place.job, place.next);
      sqlJobs.set(key, { job: place.job, next: place.next + 1 });
    } else if (probe.kind !== 'trial') answer = own(frames, String(index));
    if (answer) answers[probeKey(probe)] = answer;
  });
  return answers;
}

/** The facts of one machine from what its script printed and how ssh ended. */
export function machineFacts(
  probes: Probe[],
  nonce: string,
  result: { code: number; stdout: string },
  took: number,
): MachineFacts {
  const frames = framesOf(result.stdout, nonce);
  const answers = answersOf(probes, result.stdout, nonce);
  const said = ['identity', 'origin'].map((id) => frames.get(id)?.text ?? '').join('\n');
  const identity = Object.fromEntries(
    said.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
    }),
  );
  let state: MachineState = 'answered';
  if (frames.size === 0) state = result.code === 124 || result.code === 255 ? 'silent' : 'garbled';
  else if (!frames.has('end')) state = 'late';
  return { state, took: Math.round(took), identity, answers };
}
