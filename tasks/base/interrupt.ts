/** What must be ended when the user interrupts the run: work that goes on in processes of their own, open faults. */
const pending = new Set<() => unknown>();

/** Registers how to stop a piece of work; call the result when the work has ended by itself. */
export function onInterrupt(stop: () => unknown): () => void {
  pending.add(stop);
  return () => pending.delete(stop);
}

/** Stops everything that is registered, the latest first. What cannot be stopped does not keep the rest from it. */
export async function interruptAll(): Promise<void> {
  const stops = [...pending].reverse();
  pending.clear();
  for (const stop of stops) {
    try {
      await stop();
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
    }
  }
}
