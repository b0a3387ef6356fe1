import { ROOT } from '../../../base/paths.ts';
import { script } from '../../../inspect/scripts.ts';
import { quote } from '../../../remote/ssh.ts';
import type { Probe } from '../probe.ts';

/** Seconds that a machine may take to answer a script of a drill. */
const TIMEOUT = 9;

/** The question that a drill asks machines, for the arguments of its script. What it asks with every probe has: asking.sh. */
export function drillScript(name: 'facts' | 'timers'): (...words: string[]) => Probe {
  const text = script(ROOT, name);
  return (...words) => ({
    kind: 'command',
    command: `# tasks/inspect/${name}.sh\nset -- ${words.map(quote).join(' ')}\n${text}`,
    timeout: TIMEOUT,
  });
}
