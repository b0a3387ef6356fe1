// The page of a stub lab: answers what is asked with whose it is and where, for who has its token. Usage: stub-studio.mjs SOCKET WHO
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { hostname } from 'node:os';

const [socket, who] = process.argv.slice(2);
const token = `stub-token-of-${who}-0123456789`;
rmSync(socket, { force: true });
createServer((request, response) => {
  const knows = request.headers.authorization === `Bearer ${token}` && request.headers.host === 'lab';
  response.writeHead(knows ? 200 : 401, { 'Content-Type': 'application/json' });
  request.resume().on('end', () => response.end(JSON.stringify(knows ? { who, server: hostname() } : {})));
}).listen(socket, () => writeFileSync(`${socket}.token`, token, { mode: 0o600 }));
