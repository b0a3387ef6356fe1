import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Topology } from '../topology/model.ts';
import type { Subject } from './subjects.ts';

/** A certificate with its private key, as PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** The lab's certificate authority with the certificate of the front door and those of the machines. */
export interface Tls extends Certificate {
  ca: string;
  /** Private key of the authority, to issue more certificates later. */
  caKey: string;
  /** A machine's own certificate, by the machine's name. */
  machines?: Record<string, Certificate>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

type KeyPair = webcrypto.CryptoKeyPair;

/** What signs the lab's certificates. */
interface Authority {
  certificate: x509.X509Certificate;
  key: webcrypto.CryptoKey;
}

const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;

const generate = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<KeyPair>;

const pem = async (key: webcrypto.CryptoKey) =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;

/** A day early: a machine whose clock is a little behind must not refuse it. */
const validity = (now: Date) => ({
  notBefore: new Date(now.getTime() - DAY_MS),
  notAfter: new Date(now.getTime() + 3 * 365 * DAY_MS),
});

/** A certificate authority of the lab's own, and a certificate of it for the front door. */
export async function issueAuthority(topology: Topology, front: Subject, now = new Date()): Promise<Tls> {
  x509.cryptoProvider.set(webcrypto as never);
  const keys = await generate();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=Lab CA (${topology.name})`,
    ...validity(now),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const issued = await issue({ certificate, key: keys.privateKey }, front, now);
  return { ca: `${certificate.toString('pem')}\n`, ...issued, caKey: await pem(keys.privateKey) };
}

/** One more certificate of the lab's authority. */
export async function issueCertificate(tls: Tls, subject: Subject, now = new Date()): Promise<Certificate> {
  x509.cryptoProvider.set(webcrypto as never);
  const bytes = x509.PemConverter.decodeFirst(tls.caKey);
  const authority = {
    certificate: new x509.X509Certificate(tls.ca),
    key: await webcrypto.subtle.importKey('pkcs8', bytes, ALGORITHM, false, ['sign']),
  };
  return issue(authority, subject, now);
}

/** A certificate that nobody else signs: browsers warn of it. */
export async function issueSelfSigned(subject: Subject, now = new Date()): Promise<Certificate> {
  x509.cryptoProvider.set(webcrypto as never);
  const keys = await generate();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${subject.commonName}`,
    ...validity(now),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: extensionsOf(subject),
  });
  return { cert: `${certificate.toString('pem')}\n`, key: await pem(keys.privateKey) };
}

/** What a certificate says of whom it is for. */
const extensionsOf = (subject: Subject) => [
  new x509.BasicConstraintsExtension(false, undefined, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
  new x509.ExtendedKeyUsageExtension(subject.client ? [serverAuth, clientAuth] : [serverAuth]),
  new x509.SubjectAlternativeNameExtension([
    ...subject.names.map((value) => ({ type: 'dns' as const, value })),
    ...subject.addresses.map((value) => ({ type: 'ip' as const, value })),
  ]),
];

async function issue(authority: Authority, subject: Subject, now: Date): Promise<Certificate> {
  const keys = await generate();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${subject.commonName}`,
    issuer: authority.certificate.subject,
    ...validity(now),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      ...extensionsOf(subject),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  return { cert: `${certificate.toString('pem')}\n`, key: await pem(keys.privateKey) };
}
