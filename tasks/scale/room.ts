import { readComputer } from '../host/computer.ts';
import type { Machine } from '../topology/model.ts';
import { LabError } from '../ui/errors.ts';

/** LabError when the computer has not the memory that more machines were given. */
export function requireMemory(added: Machine[], available = readComputer().memory.available): void {
  const wanted = added.reduce((sum, machine) => sum + machine.memory, 0);
  if (wanted <= available) return;
  throw new LabError(
    {
      en: `${added.length} more machines have ${wanted} MiB of memory; this computer has ${available} MiB free.`,
      fr: `${added.length} machines de plus ont ${wanted} Mio de mémoire ; cet ordinateur a ${available} Mio libres.`,
    },
    {
      en: 'ask for fewer machines, or close other programs.',
      fr: "demandez moins de machines, ou fermez d'autres programmes.",
    },
  );
}
