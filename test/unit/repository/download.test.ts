import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { download, fetchText } from '../../../tasks/artifacts/download.ts';

/** More than the client takes at once: where it stands when the connection ends is different each time. */
const SIZES = [100, 150, 200, 250, 300, 400, 500, 1000].map((kilobytes) => kilobytes * 1000);

describe('download', () => {
  let folder = '';
  let server: Server;
  let url = '';
  let size = 0;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'download-'));
    // As HTTP/1.0 has it: everything at once, and the end of the connection right behind.
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(`HTTP/1.0 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        socket.write(Buffer.alloc(size, 'x'));
        socket.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('bears a server that closes the connection while what it sent is still being written', async () => {
    for (size of SIZES) {
      const told: number[] = [];
      const part = join(folder, `${size}.part`);
      await download(url, part, (bytes) => told.push(bytes));
      expect([statSync(part).size, told.at(-1)]).to.deep.equal([size, size]);
    }
  });

  it('a text as well', async () => {
    for (size of SIZES) expect(await fetchText(url, 20)).to.have.length(size);
  });
});
