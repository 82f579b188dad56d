/**
 * PKCS #10, in the one spelling that guise has: `CN=<host id>`, an ECDSA P-256 key, no attributes, signed with SHA-256.
 *
 * Nothing is parsed. The reader knows how long each part must be, takes key and signature from their places, writes the request
 * again from them, and refuses whatever differs in one byte; so there is no encoding of its own that a request could have, and
 * hostile ASN.1 meets no parser. `openssl req -new -subj /CN=h1` with such a key writes the same bytes.
 * Throws: `csr_invalid`.
 * Source: RFC 2986; RFC 5480 for the key, RFC 5758 for the signature.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { type Digest, GuiseError, limits } from '@guise/model';
import { der, pemOf } from './der.ts';

const label = 'CERTIFICATE REQUEST';
const version0 = der('integer', Buffer.of(0));
const commonNameOid = der('oid', Buffer.from('550403', 'hex'));
const noAttributes = der('context0');
const ecdsaWithSha256 = der('sequence', der('oid', Buffer.from('2a8648ce3d040302', 'hex')));
/** All of a P-256 key but its point: X and Y, uncompressed. */
const keyHeader = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');
const keyBytes = keyHeader.length + 64;

export interface CertificateRequest {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  readonly digest: Digest;
}

/** ECDSA P-256, PKCS #8 as PEM. */
export function newIdentityKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function makeCertificateRequest(commonName: string, privatePem: string): string {
  const key = createPrivateKey(privatePem);
  const info = infoOf(commonName, createPublicKey(key).export({ type: 'spki', format: 'der' }));
  return pemOf(label, requestOf(info, sign('sha256', info, key)));
}

/** Checked whole: its name, its key, and that who made it has the key. */
export function readCertificateRequest(pem: string, commonName: string): CertificateRequest {
  const bytes = bytesOf(pem);
  // Lengths follow from the name, up to the signature.
  const infoStart = bytes[1] === 0x82 ? 4 : bytes[1] === 0x81 ? 3 : 2;
  const infoEnd = infoStart + infoOf(commonName, Buffer.alloc(keyBytes)).length;
  const keyEnd = infoEnd - noAttributes.length;
  const publicKey = bytes.subarray(keyEnd - keyBytes, keyEnd);
  const signature = bytes.subarray(infoEnd + ecdsaWithSha256.length + der('bitString', Buffer.of(0)).length);
  const info = infoOf(commonName, publicKey);
  if (!requestOf(info, signature).equals(bytes) || !publicKey.subarray(0, keyHeader.length).equals(keyHeader)) {
    throw refused(
      `it must name CN=${commonName} alone, and have an ECDSA P-256 key, no attributes and a SHA-256 signature`,
    );
  }
  const key = keyOf(publicKey);
  if (key === null || !verify('sha256', info, key, signature)) {
    throw refused('its signature must be by the key that is in it');
  }
  return { publicKey: Buffer.from(publicKey), digest: digestOfRequest(pem) };
}

/** Of the PEM text, which has one spelling. */
export function digestOfRequest(pem: string): Digest {
  return `sha256:${createHash('sha256').update(pem).digest('hex')}` as Digest;
}

function infoOf(commonName: string, publicKey: Uint8Array): Buffer {
  const attribute = der('sequence', commonNameOid, der('utf8', Buffer.from(commonName)));
  return der('sequence', version0, der('sequence', der('set', attribute)), publicKey, noAttributes);
}

function requestOf(info: Uint8Array, signature: Uint8Array): Buffer {
  return der('sequence', info, ecdsaWithSha256, der('bitString', Buffer.of(0), signature));
}

function bytesOf(pem: string): Buffer {
  if (pem.length > limits.csrChars) throw refused(`it must have at most ${limits.csrChars} characters`);
  const [, base64 = ''] = /^-----BEGIN CERTIFICATE REQUEST-----\n([A-Za-z0-9+/=\n]+)-----END/.exec(pem) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  if (pemOf(label, bytes) !== pem) throw refused(`it must be one PEM block ${label}, in lines of 64 characters`);
  return bytes;
}

function keyOf(publicKey: Buffer): KeyObject | null {
  try {
    return createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  } catch {
    return null;
  }
}

function refused(rule: string): GuiseError {
  return new GuiseError('csr_invalid', `Cannot certify the request: ${rule}`);
}
