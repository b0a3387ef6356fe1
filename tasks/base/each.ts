/** Runs `work` on each, a few at once. The first error is thrown when those that were begun have ended. */
export async function eachOf<T>(all: T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const failed: unknown[] = [];
  const worker = async () => {
    for (let one = left.shift(); one !== undefined && failed.length === 0; one = left.shift())
      await work(one).catch((error: unknown) => failed.push(error));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, worker));
  if (failed.length > 0) throw failed[0];
}
