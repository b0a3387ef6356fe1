import { Duplex, type Readable, type Writable } from 'node:stream';

/** Bytes of one line: clusters pass lines on whole, up to about this length, and what is no line when they please. */
const CHUNK = 720;

/**
 * A stream of bytes over one of lines: a cluster gives the input and output of a command for text (Slurm's srun holds back what is no whole
 * line, and its terminals change what passes). Each line is a part in base64; a line that is none ends the stream with an error.
 */
export function overLines(input: Readable, output: Writable): Duplex {
  let rest = '';
  const stream = new Duplex({
    // It flows as the reader takes it.
    read: () => void input.resume(),
    write(chunk: Buffer, _, done) {
      const lines: string[] = [];
      for (let at = 0; at < chunk.length; at += CHUNK)
        lines.push(chunk.subarray(at, at + CHUNK).toString('base64'));
      if (output.write(`${lines.join('\n')}\n`)) done();
      else output.once('drain', () => done());
    },
    final(done) {
      output.end(() => done());
    },
    destroy(error, done) {
      input.destroy();
      output.destroy();
      done(error);
    },
  });
  input.setEncoding('latin1');
  input.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!/^[A-Za-z0-9+/]*={0,2}\r?$/.test(line)) {
        stream.destroy(new Error(`not of this stream: ${line.slice(0, 100)}`));
        return;
      }
      if (line !== '' && !stream.push(Buffer.from(line, 'base64'))) input.pause();
    }
    if (rest.length > CHUNK * 4) stream.destroy(new Error('a line without an end'));
  });
  input.on('end', () => stream.push(null));
  input.on('error', (error) => stream.destroy(error));
  output.on('error', (error) => stream.destroy(error));
  return stream;
}
