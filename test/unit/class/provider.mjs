// A school's provider for tests: oidc-provider as it is, over plain http behind a "proxy" that says https. Prints its port.
import Provider from 'oidc-provider';

const [issuer, back] = process.argv.slice(2);
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
provider.proxy = true;
const server = provider.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
process.on('disconnect', () => process.exit());
