import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import {
  isSignedBy,
  parsePublicKey,
  publicKeyOf,
  signatureOf,
  signerOf,
} from '../../../tasks/artifacts/repository/minisign.ts';

/** Made with minisign 0.11: `minisign -G -W`, `minisign -S` and `minisign -S -l`, of CONTENT. */
const CONTENT = Buffer.from('what is signed\n');
const KEY = 'RWRy6/05nLdBWBKT1PF49hEu2vAbZKWsJLCFICmS7OlYVF//QMEwb4Dj';
const KEY_FILE = `untrusted comment: minisign public key 5841B79C39FDEB72\n${KEY}\n`;
const SIGNATURE = `untrusted comment: signature from minisign secret key
RURy6/05nLdBWLImBx3OfNzynR2SrIC+Atvpdgm4n6b86L4j/mwf1EcQ9/gfVi68+CP0h1mPDSPYgUtBUnMOb7Eh8Si8kRXF8Ac=
trusted comment: a trusted comment
l/cP5dazyXipeE+PmFTDAgoZQ3+AZjd1m9AHqyOrL/KdnxUlOsXN3N0a+Bxxgf4bfMl/9cHdvbHdi6IuOgTgBg==
`;
const OLD_SIGNATURE = `untrusted comment: signature from minisign secret key
RWRy6/05nLdBWAWjI4M7wKMvl9Tut5r8ay+XSuXn22Hp/XHdkwtVK/wPZa+MmOerySxxQ4LmP7BigEdQCRqNhpXU9WBstQhNfgQ=
trusted comment: an old one
BZeZXmMf5bbbTqbO6gZHgD6ZYqS8LeDJnXU+biFmHzJRyJ3Ep/sZdumkUAy9IPKbOdLf/YlGQxv6uqCXS4r+Cw==
`;

const known = (text: string) => {
  const key = parsePublicKey(text);
  if (!key) throw new Error('no key');
  return key;
};
const newSecret = () =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('signatures in the format of minisign', () => {
  it('reads a key of that program, alone or in its file, and shows the same identifier', () => {
    for (const text of [KEY, KEY_FILE, KEY_FILE.replaceAll('\n', '\r\n')])
      expect(known(text)).to.deep.include({ id: '5841B79C39FDEB72', text: KEY });
  });

  for (const text of ['', 'RW', KEY.slice(0, -1), `${KEY}A`, KEY.replace('RW', 'AA'), 'a sentence'])
    it(`takes "${text}" for no key`, () => expect(parsePublicKey(text)).to.equal(undefined));

  it('checks what that program has signed, in the new way and the old one', () => {
    for (const signature of [SIGNATURE, OLD_SIGNATURE])
      expect(isSignedBy(known(KEY), CONTENT, signature)).to.equal(true);
    expect(signerOf(SIGNATURE)).to.equal('5841B79C39FDEB72');
  });

  it('refuses another content, another comment, another key, half a signature', () => {
    const key = known(KEY);
    const other = publicKeyOf(newSecret());
    expect(isSignedBy(key, Buffer.from('what is signed?'), SIGNATURE)).to.equal(false);
    expect(isSignedBy(key, CONTENT, SIGNATURE.replace('a trusted', 'no trusted'))).to.equal(false);
    expect(isSignedBy(other, CONTENT, SIGNATURE)).to.equal(false);
    // A key that only says that it is the same one.
    expect(isSignedBy({ ...other, id: key.id }, CONTENT, SIGNATURE)).to.equal(false);
    for (const text of ['', SIGNATURE.slice(0, 100), SIGNATURE.split('\n').slice(0, 3).join('\n')])
      expect(isSignedBy(key, CONTENT, text)).to.equal(false);
  });

  it('checks what the kit signs itself', () => {
    const secret = newSecret();
    const key = publicKeyOf(secret);
    const signature = signatureOf(CONTENT, secret, 'file:x');
    expect(key.text).to.match(/^RW[A-Za-z0-9+/]{54}$/);
    expect(signerOf(signature)).to.equal(key.id);
    expect(isSignedBy(key, CONTENT, signature)).to.equal(true);
    expect(isSignedBy(key, CONTENT, signature.replace('file:x', 'file:y'))).to.equal(false);
    expect(isSignedBy(key, Buffer.from('another'), signature)).to.equal(false);
  });
});
