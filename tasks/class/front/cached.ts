import { stat } from 'node:fs/promises';

/** What a file says, read again only when it is another one: files of a class are replaced whole, never changed. */
export function cached<T>(file: string, read: () => Promise<T>): () => Promise<T> {
  let known: { of: string; value: Promise<T> } | undefined;
  return async () => {
    const found = await stat(file).catch(() => undefined);
    const of = found ? `${found.ino} ${found.mtimeMs} ${found.size}` : 'none';
    if (known?.of !== of) {
      const value = read();
      known = { of, value };
      // What cannot be read is tried again.
      value.catch(() => {
        known = undefined;
      });
    }
    return known.value;
  };
}
