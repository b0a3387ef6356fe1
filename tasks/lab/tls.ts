import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Machine, Topology } from '../topology/model.ts';
import type { Certificate, Tls } from './secrets.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

type KeyPair = webcrypto.CryptoKeyPair;

/** What signs the lab's certificates. */
interface Authority {
  certificate: x509.X509Certificate;
  key: webcrypto.CryptoKey;
}

/** Whom a certificate is for. */
interface Subject {
  commonName: string;
  names: string[];
  addresses: string[];
  /** It also opens connections and shows the certificate there. */
  client: boolean;
}

const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;

const generate = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<KeyPair>;

const pem = async (key: webcrypto.CryptoKey) =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;

/** A day early: a machine whose clock is a little behind must not refuse it. */
const validity = () => ({
  notBefore: new Date(Date.now() - DAY_MS),
  notAfter: new Date(Date.now() + 3 * 365 * DAY_MS),
});

/** A certificate authority of the lab's own, and a certificate of it for the front door. */
export async function issueCertificates(topology: Topology, serviceName: string): Promise<Tls> {
  x509.cryptoProvider.set(webcrypto as never);
  const keys = await generate();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=Lab CA (${topology.name})`,
    ...validity(),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const balancers = topology.machines.filter((machine) => machine.roles.includes('lb'));
  const front = topology.floating.front;
  const issued = await issue(
    { certificate, key: keys.privateKey },
    {
      commonName: serviceName,
      names: [serviceName, 'localhost'],
      addresses: ['127.0.0.1', ...(front ? [front.address] : []), ...balancers.map((one) => one.address)],
      client: false,
    },
  );
  return { ca: `${certificate.toString('pem')}\n`, ...issued, caKey: await pem(keys.privateKey) };
}

/** A machine's own certificate, for its services: valid for its name, its address and the addresses it answers at. */
export async function issueMachineCertificate(
  tls: Tls,
  machine: Machine,
  topology: Topology,
): Promise<Certificate> {
  x509.cryptoProvider.set(webcrypto as never);
  const bytes = x509.PemConverter.decodeFirst(tls.caKey);
  const authority = {
    certificate: new x509.X509Certificate(tls.ca),
    key: await webcrypto.subtle.importKey('pkcs8', bytes, ALGORITHM, false, ['sign']),
  };
  // Router passes TLS through: a database shows its certificate to those who asked for Router's address.
  const floating = Object.values(topology.floating).filter(
    ({ role }) => machine.roles.includes(role) || (role === 'router' && machine.roles.includes('database')),
  );
  return issue(authority, {
    commonName: machine.name,
    names: [machine.name, ...floating.map((one) => one.name)],
    addresses: [machine.address, ...floating.map((one) => one.address)],
    client: true,
  });
}

async function issue(authority: Authority, subject: Subject): Promise<Certificate> {
  const keys = await generate();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${subject.commonName}`,
    issuer: authority.certificate.subject,
    ...validity(),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(subject.client ? [serverAuth, clientAuth] : [serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      new x509.SubjectAlternativeNameExtension([
        ...subject.names.map((value) => ({ type: 'dns' as const, value })),
        ...subject.addresses.map((value) => ({ type: 'ip' as const, value })),
      ]),
    ],
  });
  return { cert: `${certificate.toString('pem')}\n`, key: await pem(keys.privateKey) };
}
