/** Bytes of a shell's output that are kept for those who look again. */
export const KEPT = 256 * 1024;

/** The latest output of a shell, by its place in all of it (bytes from 0). */
export class Ring {
  private readonly bytes: Buffer;
  /** All that was ever written. */
  end = 0;

  constructor(private readonly size = KEPT) {
    this.bytes = Buffer.alloc(size);
  }

  /** The first byte that is still there. */
  get start(): number {
    return Math.max(0, this.end - this.size);
  }

  write(data: Buffer): void {
    const last = data.subarray(Math.max(0, data.length - this.size));
    const at = (this.end + data.length - last.length) % this.size;
    const first = last.copy(this.bytes, at);
    last.copy(this.bytes, 0, first);
    this.end += data.length;
  }

  /** Bytes from a place that is still there, at most so many; empty at the end. A copy. */
  read(from: number, most: number): Buffer {
    const length = Math.min(most, this.end - from);
    const at = from % this.size;
    const first = Buffer.from(this.bytes.subarray(at, Math.min(this.size, at + length)));
    return first.length < length
      ? Buffer.concat([first, this.bytes.subarray(0, length - first.length)])
      : first;
  }
}
