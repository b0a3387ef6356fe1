import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/**
 * Keys and signatures in the format of minisign (https://jedisct1.github.io/minisign), so that either side can use that program
 * instead. A signature is of the content's BLAKE2b-512 ("ED"); those of the content itself ("Ed"), which older programs make, are
 * understood too.
 */
export interface PublicKey {
  /** 16 hexadecimal digits, as minisign shows them. */
  id: string;
  /** One line of base64, as users write it. */
  text: string;
  key: KeyObject;
}

const KEY_BYTES = 2 + 8 + 32;
const SIGNATURE_BYTES = 2 + 8 + 64;

/** What comes before the 32 bytes of an Ed25519 public key in SubjectPublicKeyInfo (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** minisign reads the identifier of a key as a little-endian number. */
const idOf = (bytes: Buffer): string => Buffer.from(bytes).reverse().toString('hex').toUpperCase();

const rawOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' }).subarray(SPKI.length);

const blake2b = (content: Uint8Array): Buffer => createHash('blake2b512').update(content).digest();

/** The identifier that the kit gives its own keys: the beginning of the key's BLAKE2b-512. */
const ownId = (raw: Buffer): Buffer => blake2b(raw).subarray(0, 8);

/** The public key in a text: one line of base64, or a file of minisign with its comment. Undefined when there is none. */
export function parsePublicKey(text: string): PublicKey | undefined {
  const line = text
    .split(/\r?\n/)
    .map((one) => one.trim())
    .find((one) => one !== '' && !one.startsWith('untrusted comment:'));
  if (!line || !/^[A-Za-z0-9+/]{56}$/.test(line)) return undefined;
  const bytes = Buffer.from(line, 'base64');
  if (bytes.length !== KEY_BYTES || bytes.toString('latin1', 0, 2) !== 'Ed') return undefined;
  const key = createPublicKey({
    key: Buffer.concat([SPKI, bytes.subarray(10)]),
    type: 'spki',
    format: 'der',
  });
  return { id: idOf(bytes.subarray(2, 10)), text: line, key };
}

/** The public half of a secret key (PEM, PKCS#8). Throws for anything that is no Ed25519 key. */
export function publicKeyOf(secret: string): PublicKey {
  const raw = rawOf(createPublicKey(createPrivateKey(secret)));
  const text = Buffer.concat([Buffer.from('Ed'), ownId(raw), raw]).toString('base64');
  const key = parsePublicKey(text);
  if (!key) throw new Error('no Ed25519 key');
  return key;
}

/** A signature file for `content` by a secret key (PEM); `comment`, one line, is signed as well. */
export function signatureOf(content: Uint8Array, secret: string, comment: string): string {
  const key = createPrivateKey(secret);
  const raw = rawOf(createPublicKey(key));
  const own = sign(null, blake2b(content), key);
  const whole = sign(null, Buffer.concat([own, Buffer.from(comment)]), key);
  const signature = Buffer.concat([Buffer.from('ED'), ownId(raw), own]).toString('base64');
  return [
    `untrusted comment: signature of the key ${publicKeyOf(secret).id}`,
    signature,
    `trusted comment: ${comment}`,
    `${whole.toString('base64')}\n`,
  ].join('\n');
}

interface SignatureFile {
  prehashed: boolean;
  id: string;
  signature: Buffer;
  comment: string;
  whole: Buffer;
}

function parseSignature(text: string): SignatureFile | undefined {
  const [, first = '', comment = '', last = ''] = text.split(/\r?\n/);
  const bytes = Buffer.from(first, 'base64');
  const kind = bytes.toString('latin1', 0, 2);
  const trusted = /^trusted comment: (.*)$/.exec(comment)?.[1];
  if (bytes.length !== SIGNATURE_BYTES || !['Ed', 'ED'].includes(kind) || trusted === undefined)
    return undefined;
  return {
    prehashed: kind === 'ED',
    id: idOf(bytes.subarray(2, 10)),
    signature: bytes.subarray(10),
    comment: trusted,
    whole: Buffer.from(last, 'base64'),
  };
}

/** Identifier of the key that a signature file says it is from; undefined when it is no signature file. */
export const signerOf = (signature: string): string | undefined => parseSignature(signature)?.id;

/** True when `signature`, the text of a signature file, is a good one of `content` by this key, its trusted comment included. */
export function isSignedBy({ id, key }: PublicKey, content: Uint8Array, signature: string): boolean {
  const file = parseSignature(signature);
  if (file?.id !== id) return false;
  const signed = file.prehashed ? blake2b(content) : content;
  const whole = Buffer.concat([file.signature, Buffer.from(file.comment)]);
  return verify(null, signed, key, file.signature) && verify(null, whole, key, file.whole);
}
