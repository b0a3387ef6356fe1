import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { ofMachines } from './helpers/only.ts';

const folder = join(import.meta.dirname, '../../roles/client/files/sampler');

/** Runs Python in the sampler's folder, with a stand-in for aiohttp, which only the client machine has. */
const python = (code: string): string =>
  execFileSync('python3', ['-B', '-c', code], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: folder },
  }).trim();

const STAND_IN = `
import sys, types
aiohttp = types.ModuleType("aiohttp")
for name in ("ClientConnectorCertificateError", "ServerDisconnectedError", "ClientPayloadError"):
    setattr(aiohttp, name, type(name, (Exception,), {}))
sys.modules["aiohttp"] = aiohttp
`;

ofMachines.describe('sampler', () => {
  // A busy computer takes a second for each start of Python.

  it('every module is Python', () => {
    expect(
      python('import ast, glob; print(sum(1 for f in glob.glob("*.py") if ast.parse(open(f).read())))'),
    ).to.equal('11');
  });

  it('causes are few words', () => {
    const words = python(`${STAND_IN}
import ssl
from problem import cause_of
errors = [ConnectionRefusedError(111, ""), ConnectionResetError(104, ""), OSError(113, ""), ssl.SSLError("x"), aiohttp.ServerDisconnectedError(), KeyError("x")]
print("|".join(cause_of(error) for error in errors))`);
    expect(words).to.equal('refused|reset|unreachable|tls|closed|KeyError');
  });

  it('an answer tells who refused: the load balancer, or a part behind the web machine', () => {
    const words = python(`${STAND_IN}
from visitor import refusal
served = {"X-Served-By": "web1"}
print("|".join([refusal(503, {}, b""), refusal(503, served, b'{"part":"database","error":"x"}'), refusal(404, served, b"{}")]))`);
    expect(words).to.equal('503 load balancer|503 database|404');
  });

  it('a stuck request holds nothing up: the next ones start in time', () => {
    const started = python(`
import asyncio, time
from pacing import pace
class Kind:
    name, interval, offset = "k", 0.05, 0
    starts = []
    async def request(self, number):
        self.starts.append(number)
        await asyncio.sleep(0.6)
        return "timeout", "", True
class Output:
    lines = []
    def write(self, line): self.lines.append(line)
async def main():
    stopping, running, output = asyncio.Event(), set(), Output()
    task = asyncio.create_task(pace(Kind(), time.monotonic(), stopping, running, output))
    await asyncio.sleep(0.5)
    started = len(Kind.starts)
    stopping.set()
    await task
    await asyncio.gather(*running)
    print(started >= 6, len(output.lines) == len(Kind.starts), output.lines[0][3] >= 0.6)
asyncio.run(main())`);
    expect(started).to.equal('True True True');
  });

  it('a download asks for what was acknowledged last: that it is not there, or older, is a stale read', () => {
    const told = python(`${STAND_IN}
aiohttp.BasicAuth = lambda *_: types.SimpleNamespace(encode=lambda: "")
import asyncio, base, visitor
files, refuse = {}, set()
async def ask(session, trace, method, path, good, data=None, **_):
    if method == "PUT":
        if path in refuse: raise base.Problem("503 storage")
        files[path] = data
        return 201, {}, b""
    if path not in files: raise base.Problem("404")
    return 200, {}, files[path]
base.ask = ask
class Own(base.Application):
    path_of = staticmethod(lambda name: name)
    connections = types.SimpleNamespace(new=None)
async def said(work):
    try: await work; return "ok"
    except base.Problem as problem: return str(problem)
async def main():
    app = Own(dict(prefix="p", size=64, largeSize=1, largeRate=1, user="u", password="p", url=""))
    await app.leave_file()
    out = [await said(app.download(0, None))]
    for number in (1, 2): await app.upload(number, None)
    refuse.add("drill-p-upload-3")
    out.append(await said(app.upload(3, None)))
    out.append(await said(app.download(1, None)))
    old = files["drill-p-upload-2"]
    files["drill-p-upload-2"] = files["drill-p-upload-1"]
    out.append(await said(app.download(2, None)))
    del files["drill-p-upload-2"]
    out.append(await said(app.download(3, None)))
    print("|".join(out))
asyncio.run(main())`);
    expect(told).to.equal('ok|503 storage|ok|stale read|stale read');
  });
});
