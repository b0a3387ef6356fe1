import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { type Generated, generatedSchema, type StreamPlan } from '../../tasks/measure/load/model.ts';

const generator = join(import.meta.dirname, '../../roles/client/files/lab-load.mjs');

describe('load: the generator', () => {
  /** Sends a plan to the generator; `answer` serves. */
  async function generate(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    streams: Partial<StreamPlan>[],
    seconds: number,
    timeout = 2,
  ): Promise<Generated> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const page = { name: 'page', rate: 50, connections: 4, method: 'GET', path: '/' };
    const child = spawn(process.execPath, [generator, '--plan'], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(
      JSON.stringify({ url, seconds, timeout, streams: streams.map((stream) => ({ ...page, ...stream })) }),
    );
    const lines = (await text(child.stdout)).trimEnd().split('\n');
    server.closeAllConnections();
    server.close();
    return generatedSchema.parse(JSON.parse(lines.at(-1) ?? '')).result;
  }

  it('a service that stands still delays every request that was due meanwhile', async () => {
    let stillUntil = 0;
    let first = true;
    const { streams } = await generate(
      (_request, response) => {
        if (first) stillUntil = Date.now() + 300;
        first = false;
        setTimeout(() => response.end('ok'), Math.max(0, stillUntil - Date.now()));
      },
      [{ rate: 100, connections: 2 }],
      0.5,
    );
    const [stream] = streams;
    expect(stream).to.include({ requests: 50, served: 50, failed: 0 });
    // 30 of 50 were due while it stood still. Two connections saw it: what they measured themselves hides it. No upper
    // bounds: a busy computer makes everything later.
    expect(stream?.latency?.p50, 'corrected').to.be.above(0.03);
    expect(stream?.service?.p50, 'not corrected').to.be.below((stream?.latency?.p50 ?? 0) / 2);
    expect(stream?.latency?.max).to.be.above(0.25);
  });

  it('uploads are told by size and checksum, and removed; what fails is told by its cause', async () => {
    const seen: string[] = [];
    const { streams } = await generate(
      async (request, response) => {
        const size = (await text(request)).length > 0;
        seen.push(`${request.method} ${request.url} ${size && request.headers['x-sha256'] !== undefined}`);
        response.setHeader('X-Served-By', 'web2');
        response.statusCode = request.url === '/page' ? 503 : 200;
        response.end();
      },
      [
        {
          name: 'upload',
          method: 'PUT',
          path: '/f-{slot}',
          rate: 10,
          connections: 1,
          size: 100,
          checksum: 'x-sha256',
          cleanup: true,
        },
        { path: '/page', rate: 10 },
      ],
      0.3,
    );
    expect(streams[0]).to.deep.include({ name: 'upload', served: 3, bytes: 300, servedBy: { web2: 3 } });
    expect(streams[1]).to.deep.include({ served: 0, failed: 3, causes: { 'status 503': 3 } });
    expect(streams[1]?.latency).to.equal(null);
    expect(seen).to.include('PUT /f-0 true').and.include('DELETE /f-0 false');
  });

  it('a service that answers nothing: everything has failed in the end', async () => {
    const { streams } = await generate(() => undefined, [{ rate: 20, connections: 1 }], 0.2, 0.2);
    expect(streams[0]).to.include({ requests: 4, served: 0, failed: 4 });
    expect(streams[0]?.causes).to.include.keys('timeout');
  });
});
