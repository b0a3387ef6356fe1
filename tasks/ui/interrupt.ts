/** What must be ended when the user interrupts the run: work that goes on in processes of their own. */
const pending = new Set<() => void>();

/** Registers how to stop a piece of work; call the result when the work has ended by itself. */
export function onInterrupt(stop: () => void): () => void {
  pending.add(stop);
  return () => pending.delete(stop);
}

/** Stops everything that is registered. */
export function interruptAll(): void {
  for (const stop of pending) stop();
  pending.clear();
}
