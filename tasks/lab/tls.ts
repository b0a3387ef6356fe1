import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Topology } from '../topology/model.ts';
import type { Tls } from './secrets.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** A certificate authority of the lab's own, and a certificate of it for the front door. */
export async function issueCertificates(topology: Topology, serviceName: string): Promise<Tls> {
  x509.cryptoProvider.set(webcrypto as never);
  // A day early: a machine whose clock is a little behind must not refuse it.
  const notBefore = new Date(Date.now() - DAY_MS);
  const notAfter = new Date(Date.now() + 3 * 365 * DAY_MS);
  const generate = () =>
    webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
  const caKeys = await generate();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=Lab CA (${topology.name})`,
    notBefore,
    notAfter,
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const keys = await generate();
  const cert = await x509.X509CertificateGenerator.create({
    subject: `CN=${serviceName}`,
    issuer: ca.subject,
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: serviceName },
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        ...(topology.floating.front ? [{ type: 'ip' as const, value: topology.floating.front.address }] : []),
        ...topology.machines
          .filter((machine) => machine.roles.includes('lb'))
          .map((machine) => ({ type: 'ip' as const, value: machine.address })),
      ]),
    ],
  });
  const pem = async (key: webcrypto.CryptoKey) =>
    `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
  return {
    ca: `${ca.toString('pem')}\n`,
    cert: `${cert.toString('pem')}\n`,
    caKey: await pem(caKeys.privateKey),
    key: await pem(keys.privateKey),
  };
}
