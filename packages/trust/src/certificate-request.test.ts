import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { limits } from '@guise/model';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeCertificateRequest, newIdentityKey, readCertificateRequest } from './certificate-request.ts';
import { pemOf } from './der.ts';

const key = newIdentityKey();
const pem = makeCertificateRequest('h1', key);
const bytes = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
const refused = expect.objectContaining({ code: 'csr_invalid' });
const label = 'CERTIFICATE REQUEST';

/** As WebCrypto names them. */
interface KeyAlgorithm {
  readonly name: string;
  readonly hash?: string;
  readonly namedCurve?: string;
  readonly modulusLength?: number;
  readonly publicExponent?: Uint8Array;
}

const p256: KeyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** As another program would make it. */
async function foreignRequest(name: string, algorithm: KeyAlgorithm = p256): Promise<string> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const parts = { name, keys, signingAlgorithm: algorithm };
  const made = await x509.Pkcs10CertificateRequestGenerator.create(parts, webcrypto);
  return pemOf(label, new Uint8Array(made.rawData));
}

describe('a certificate request', () => {
  it('of every name a host can have is read as it was made', () => {
    for (const name of ['a', 'h1', 'web-1.example.com', 'x'.repeat(64)]) {
      const made = makeCertificateRequest(name, key);
      expect(readCertificateRequest(made, name).publicKey).toHaveLength(91);
      expect(() => readCertificateRequest(made, 'other')).toThrow(refused);
    }
  });

  it('is one that others read and verify too', async () => {
    const read = new x509.Pkcs10CertificateRequest(pem);
    expect(read.subject).toBe('CN=h1');
    expect(await read.verify(webcrypto)).toBe(true);
    expect(Buffer.from(read.publicKey.rawData)).toEqual(readCertificateRequest(pem, 'h1').publicKey);
  });

  it('is refused with any byte changed, added or cut', () => {
    for (let index = 0; index < bytes.length; index += 1) {
      for (const bit of [1, 0x80]) {
        const changed = Buffer.from(bytes);
        changed[index] = (changed[index] ?? 0) ^ bit;
        expect(() => readCertificateRequest(pemOf(label, changed), 'h1')).toThrow(refused);
      }
      expect(() => readCertificateRequest(pemOf(label, bytes.subarray(0, index)), 'h1')).toThrow(refused);
    }
    expect(() => readCertificateRequest(pemOf(label, Buffer.concat([bytes, Buffer.of(0)])), 'h1')).toThrow(refused);
  });

  it('is refused in any other spelling of its text', () => {
    const spellings = [
      `${pem}\n`,
      pem.trimEnd(),
      pem.replaceAll('\n', '\r\n'),
      ` ${pem}`,
      pem.replace(label, 'CERTIFICATE'),
    ];
    for (const text of spellings) expect(() => readCertificateRequest(text, 'h1')).toThrow(refused);
    expect(() => readCertificateRequest('x'.repeat(limits.csrChars + 1), 'h1')).toThrow('at most');
  });

  it('is refused with another sort of key, a weak one, or more than a name', async () => {
    const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: Uint8Array.of(1, 0, 1) };
    const requests = await Promise.all([
      foreignRequest('CN=h1', { ...rsa, modulusLength: 1024 }),
      foreignRequest('CN=h1', { ...rsa, modulusLength: 2048 }),
      foreignRequest('CN=h1', { ...p256, namedCurve: 'P-384' }),
      foreignRequest('CN=h1', { ...p256, hash: 'SHA-1' }),
      foreignRequest('CN=h1', { name: 'Ed25519' }),
      ...['CN=h1, CN=h2', 'O=guise, CN=h1', 'CN=H1', 'O=h1', ''].map((name) => foreignRequest(name)),
    ]);
    for (const request of requests) expect(() => readCertificateRequest(request, 'h1')).toThrow(refused);
  });

  it('of garbage is refused, whatever the garbage', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.uint8Array({ maxLength: 600 }).map((raw) => pemOf(label, raw)),
        ),
        (text) => {
          expect(() => readCertificateRequest(text, 'h1')).toThrow(refused);
        },
      ),
    );
  });

  it('is refused with the signature of another key', () => {
    const other = Buffer.from(
      makeCertificateRequest('h1', newIdentityKey()).replaceAll(/-----[^-]+-----|\s/g, ''),
      'base64',
    );
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), (cut) => {
        const mixed = Buffer.concat([bytes.subarray(0, cut), other.subarray(cut)]);
        if (mixed.equals(bytes) || mixed.equals(other)) return;
        expect(() => readCertificateRequest(pemOf(label, mixed), 'h1')).toThrow(refused);
      }),
    );
  });
});
