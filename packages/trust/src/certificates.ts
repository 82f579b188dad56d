/**
 * The control plane's certificate authority: its own certificate, those of its processes, those of hosts.
 *
 * Invariants: a host's certificate is good for clients alone and a process's for servers alone, so that neither passes for the other;
 * serial numbers have 126 random bits; all keys are ECDSA P-256.
 * Source: RFC 5280; CA/Browser Forum baseline requirements 7.1 for serial numbers.
 */
import 'reflect-metadata';
import { createHash, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { newIdentityKey } from './certificate-request.ts';
import { controlPlaneName } from './control-plane-name.ts';

export interface KeyAndCertificate {
  /** PKCS #8. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface HostCertificate {
  readonly certificate: string;
  /** Hexadecimal, upper case, as node:tls tells it. */
  readonly serial: string;
}

export interface HostCertificateRequest extends Validity {
  readonly hostId: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const { KeyUsageFlags: usage, ExtendedKeyUsage: purpose } = x509;

export async function makeAuthority(validity: Validity): Promise<KeyAndCertificate> {
  const key = newIdentityKey();
  const signingKey = await privateKeyOf(key);
  const publicKey = await publicKeyOf(key);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity,
      serialNumber: newSerial(),
      name: 'CN=guise control plane authority',
      keys: { privateKey: signingKey, publicKey },
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(usage.keyCertSign, true),
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { key, certificate: pemOf(certificate) };
}

/** For one process of the control plane, with a key of its own. */
export async function issueServerCertificate(
  authority: KeyAndCertificate,
  validity: Validity,
): Promise<KeyAndCertificate> {
  const key = newIdentityKey();
  const issued = await issue(authority, {
    ...validity,
    name: controlPlaneName,
    serial: newSerial(),
    publicKey: await publicKeyOf(key),
    purpose: purpose.serverAuth,
    names: [{ type: 'dns', value: controlPlaneName }],
  });
  return { key, certificate: issued };
}

export async function issueHostCertificate(
  authority: KeyAndCertificate,
  request: HostCertificateRequest,
): Promise<HostCertificate> {
  const { hostId, publicKey, notBefore, notAfter } = request;
  const serial = newSerial();
  const certificate = await issue(authority, {
    notBefore,
    notAfter,
    name: hostId,
    serial,
    publicKey: await webcrypto.subtle.importKey('spki', publicKey, algorithm, true, ['verify']),
    purpose: purpose.clientAuth,
    // A name that no server is asked for, so that the common name never counts as one.
    names: [{ type: 'url', value: `guise:host/${hostId}` }],
  });
  return { certificate, serial };
}

/** SHA-256 of the certificate's DER, hexadecimal; join tokens carry it. */
export function certificateDigest(pem: string): string {
  return createHash('sha256')
    .update(Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64'))
    .digest('hex');
}

interface Issue extends Validity {
  readonly name: string;
  readonly serial: string;
  readonly publicKey: webcrypto.CryptoKey;
  readonly purpose: x509.ExtendedKeyUsageType;
  readonly names: x509.JsonGeneralNames;
}

async function issue(
  authority: KeyAndCertificate,
  { name, serial, publicKey, names, ...parts }: Issue,
): Promise<string> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      notBefore: parts.notBefore,
      notAfter: parts.notAfter,
      serialNumber: serial,
      subject: [{ CN: [name] }],
      issuer: issuer.subjectName,
      publicKey,
      signingKey: await privateKeyOf(authority.key),
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(usage.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([parts.purpose], true),
        new x509.SubjectAlternativeNameExtension(names, false),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return pemOf(certificate);
}

function privateKeyOf(pem: string): Promise<webcrypto.CryptoKey> {
  const bytes = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  return webcrypto.subtle.importKey('pkcs8', bytes, algorithm, false, ['sign']);
}

async function publicKeyOf(pem: string): Promise<webcrypto.CryptoKey> {
  const bytes = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  return webcrypto.subtle.importKey('spki', bytes, algorithm, true, ['verify']);
}

/** Positive, and never shorter for a leading zero. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex').toUpperCase();
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}
