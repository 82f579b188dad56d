import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSealingKey, seal, unseal } from '@guise/trust/sealing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostSecrets } from './host-secrets.ts';
import { sealedFile } from './sealed-store.ts';
import { sealedStoreIn, secretsHere } from './secrets-here.ts';

const key = newSealingKey();
const value = Buffer.from('canary-value');
const assigned = { assigned_by: 'host:h1 by alice' };
const local = { assigned_by: 'local' };
const sent = (version: number, text = value, name = 'db') => ({
  name,
  version,
  sealed: seal(key.publicKey, `secret/${name}/${version}`, text),
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'guise-secrets-'));
  writeFileSync(join(directory, 'identity.json'), JSON.stringify({ sealing_key: key.privatePem }));
});
afterEach(() => rmSync(directory, { recursive: true }));

const store = () => sealedStoreIn(directory);
const source = () =>
  hostSecrets({
    folder: directory,
    stored: () => store().read(),
    unseal: (name, sealed) => unseal(key.privatePem, name, sealed),
  });
const refusal = (code: string) => expect.objectContaining({ code }) as Error;

describe('what the control plane sent', () => {
  it('is on disk as it came, and opened when a layer of it asks', () => {
    store().receive([sent(1)], new Set());
    const text = readFileSync(join(directory, 'secrets.json'), 'utf8');
    for (const encoding of ['utf8', 'base64', 'hex'] as const) expect(text).not.toContain(value.toString(encoding));
    expect(statSync(join(directory, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(secretsHere('/', directory).open('db', assigned)).toEqual(value);
  });

  it('is refused when its version goes down, until one comes that is not lower than the highest', () => {
    store().receive([sent(4)], new Set());
    store().receive([sent(3)], new Set());
    expect(() => source().open('db', assigned)).toThrow(refusal('secret_refused'));
    expect(() => source().open('db', assigned)).toThrow('--version 5');
    store().receive([sent(5, Buffer.from('newer'))], new Set());
    expect(source().open('db', assigned)).toEqual(Buffer.from('newer'));
  });

  it('is dropped when nobody needs it any more, and its version is not', () => {
    store().receive([sent(4), sent(1, value, 'web')], new Set());
    store().receive([], new Set(['web']));
    expect(() => source().open('db', assigned)).toThrow(refusal('secret_not_found'));
    expect(source().open('web', assigned)).toEqual(value);
    store().receive([sent(3)], new Set());
    expect(() => source().open('db', assigned)).toThrow(refusal('secret_not_found'));
  });

  it('opens on no other host, and not with any byte of it changed', () => {
    const other = newSealingKey();
    const { sealed } = sent(1);
    expect(() => unseal(other.privatePem, 'secret/db/1', sealed)).toThrow(refusal('cipher_failed'));
    expect(() => unseal(key.privatePem, 'secret/db/2', sealed)).toThrow(refusal('cipher_failed'));
    const bytes = Buffer.from(sealed, 'base64');
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at] = bytes[at]! ^ 1;
      store().receive([{ name: 'db', version: 1, sealed: flipped.toString('base64') }], new Set());
      expect(() => source().open('db', assigned), `byte ${at}`).toThrow(/^Cannot (decrypt|use)/);
    }
  });

  it('counts as none when the file is not what was written', () => {
    for (const text of ['', '[', '[1]', '"x"', 'null', '{"db":{"version":"1","sealed":1}}', '{"db":null}']) {
      writeFileSync(join(directory, 'secrets.json'), text);
      expect(sealedFile(join(directory, 'secrets.json')).read()).toEqual({});
    }
  });

  it('needs the key of this host', () => {
    store().receive([sent(1)], new Set());
    rmSync(join(directory, 'identity.json'));
    expect(() => secretsHere('/', directory).open('db', assigned)).toThrow(refusal('secret_unavailable'));
  });

  it('may come with a question, and then is for that question alone', () => {
    expect(
      source()
        .withSent([sent(7)])
        .open('db', assigned),
    ).toEqual(value);
    expect(() => source().open('db', assigned)).toThrow(refusal('secret_not_found'));
  });
});

describe('files of this host', () => {
  it('are for layers of this host alone', () => {
    writeFileSync(join(directory, 'db'), value, { mode: 0o600 });
    expect(source().open('db', local)).toEqual(value);
    expect(() => source().open('db', assigned)).toThrow(refusal('secret_not_found'));
  });

  it('are refused when others can read them, and when they are links', () => {
    writeFileSync(join(directory, 'open'), value, { mode: 0o640 });
    symlinkSync(join(directory, 'open'), join(directory, 'link'));
    expect(() => source().open('open', local)).toThrow(refusal('secret_refused'));
    expect(() => source().open('open', local)).toThrow('its mode must be 0600, and it is 0640');
    expect(() => source().open('link', local)).toThrow(refusal('secret_refused'));
    expect(() => source().open('none', local)).toThrow(`put it into ${directory}/none, mode 0600`);
  });
});
