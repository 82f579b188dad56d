import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHostId } from '@guise/model';
import { readCertificateRequest } from '@guise/trust/certificate-request';
import { issueHostCertificate, makeAuthority } from '@guise/trust/certificates';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IdentityStore } from './identity-store.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'guise-identity-'));
  path = join(directory, 'identity.json');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const h1 = parseHostId('h1');
const hour = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
const authority = await makeAuthority(hour);
const tokenDigest = `sha256:${'a'.repeat(64)}`;

async function certificateFor(csr: string, by = authority): Promise<string> {
  const { publicKey } = readCertificateRequest(csr, 'h1');
  return (await issueHostCertificate(by, { hostId: 'h1', publicKey, ...hour })).certificate;
}

async function enrolled(): Promise<IdentityStore> {
  const store = new IdentityStore(path, h1);
  const { csr } = store.prepareEnrolment(tokenDigest);
  store.accept({ certificate: await certificateFor(csr), generation: 1 }, authority.certificate);
  return store;
}

describe('the identity', () => {
  it('is on the disk before it is asked for, and only its owner may read it', () => {
    const { csr, key } = new IdentityStore(path, h1).prepareEnrolment(tokenDigest);
    const again = new IdentityStore(path, h1);
    expect(again.current).toBeNull();
    expect(again.prepareEnrolment(tokenDigest)).toMatchObject({ csr, key });
    expect(again.prepareEnrolment(`sha256:${'b'.repeat(64)}`).key).not.toBe(key);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('stays what it was until the answer is here, and a request that was killed is the same again', async () => {
    const store = await enrolled();
    const { csr } = store.prepareRenewal();
    const again = new IdentityStore(path, h1);
    expect(again.current).toEqual(store.current);
    expect(again.isRenewing).toBe(true);
    expect(again.prepareRenewal().csr).toBe(csr);
    again.accept({ certificate: await certificateFor(csr), generation: 2 }, authority.certificate);
    expect(new IdentityStore(path, h1)).toMatchObject({ isRenewing: false, current: { generation: 2 } });
  });

  it('has the same sealing key after a renewal, and another after enrolling again', async () => {
    const store = await enrolled();
    const before = store.sealingKey;
    expect(store.prepareRenewal().sealing_key).toBe(before);
    expect(store.prepareEnrolment(`sha256:${'b'.repeat(64)}`).sealing_key).not.toBe(before);
    expect(new IdentityStore(path, h1).sealingKey).toBe(before);
  });

  it('takes no certificate but one by its authority for the key that it asked for', async () => {
    const store = await enrolled();
    const before = readFileSync(path, 'utf8');
    const { csr } = new IdentityStore(join(directory, 'other.json'), h1).prepareEnrolment(tokenDigest);
    store.prepareRenewal();
    const pending = readFileSync(path, 'utf8');
    const foreign = await makeAuthority(hour);
    for (const certificate of [
      '',
      'garbage',
      await certificateFor(csr),
      await certificateFor(store.prepareRenewal().csr, foreign),
    ]) {
      expect(() => store.accept({ certificate, generation: 2 }, authority.certificate)).toThrow(
        'not what was asked for',
      );
    }
    expect(readFileSync(path, 'utf8')).toBe(pending);
    expect(JSON.parse(pending)).toMatchObject({ current: (JSON.parse(before) as { current: object }).current });
  });

  it('is another for another host, and is never replaced when it cannot be read', async () => {
    await enrolled();
    expect(new IdentityStore(path, parseHostId('h2')).current).toBeNull();
    writeFileSync(path, 'garbage');
    expect(() => new IdentityStore(path, h1)).toThrow('Cannot read this host');
    expect(readFileSync(path, 'utf8')).toBe('garbage');
  });
});
