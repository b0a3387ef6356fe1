// A school's provider for tests: oidc-provider as it is. Prints its port.
// Usage: provider.mjs ISSUER BACK              over plain http, behind a "proxy" that says https
//        provider.mjs ISSUER BACK CERT KEY PORT  with TLS; the issuer's name is followed by the port (0: any)
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import Provider from 'oidc-provider';

const [name, back, cert, key, wanted = '0'] = process.argv.slice(2);
const secure = cert ? createServer({ cert: readFileSync(cert), key: readFileSync(key) }) : undefined;
if (secure) await new Promise((resolve) => secure.listen(Number(wanted), '127.0.0.1', resolve));
const issuer = secure ? `${name}:${secure.address().port}` : name;
const client = (client_id) => ({
  ...{ client_id, client_secret: `secret-of-${client_id}`, redirect_uris: [back] },
  ...{ grant_types: ['authorization_code'], response_types: ['code'] },
});
const provider = new Provider(issuer, {
  clients: [client('labs'), client('other')],
  claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email', 'email_verified'] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      ...{ sub: id, preferred_username: id, email: `${id}@school.test`, email_verified: id !== 'unverified' },
    }),
  }),
  pkce: { required: () => true },
  cookies: { keys: ['test'] },
});
if (secure) {
  secure.on('request', provider.callback());
  console.log(`port ${secure.address().port}`);
} else {
  provider.proxy = true;
  const server = provider.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
}
process.on('disconnect', () => process.exit());
