import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolvePersona } from '@guise/model/documents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directoryReader } from './persona-reader.ts';

const persona = (id: string, rest = '') => `guise: persona/v1\npersona_id: ${id}\n${rest}`;

describe('directoryReader', () => {
  let folder: string;
  const file = (path: string, content: string | Uint8Array) => writeFileSync(join(folder, 'personas', path), content);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guise-reader-'));
    mkdirSync(join(folder, 'personas', 'files'), { recursive: true });
    writeFileSync(join(folder, 'secret'), 'outside');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const resolved = (path = 'personas/web.yaml') => resolvePersona(join(folder, path), directoryReader());

  it('reads a persona, its ancestors and its files', async () => {
    file('web.yaml', persona('web', 'extends: [base]\nfiles: {/etc/x: {source: files/x}}\n'));
    file('base.yaml', persona('base'));
    file('files/x', 'inside');
    const { own, ancestors } = await resolved();
    expect(own.document.files).toEqual({ '/etc/x': { content: 'inside' } });
    expect(own.file).toBe(join(folder, 'personas/web.yaml'));
    expect(ancestors.map(({ document }) => document.persona_id)).toEqual(['base']);
  });

  it.each([
    ['relative', '../../secret'],
    ['absolute', '/etc/passwd'],
  ])('a %s link leads nowhere outside the folder', async (_, target) => {
    file('web.yaml', persona('web', 'files: {/etc/x: {source: files/x}}\n'));
    symlinkSync(target, join(folder, 'personas/files/x'));
    await expect(resolved()).rejects.toMatchObject({
      code: 'document_invalid',
      message: expect.stringContaining('files/x is not there'),
    });
  });

  it('a link of a whole directory leads nowhere outside either', async () => {
    file('web.yaml', persona('web', 'files: {/etc/x: {source: up/secret}}\n'));
    symlinkSync('..', join(folder, 'personas/up'));
    await expect(resolved()).rejects.toMatchObject({
      code: 'document_invalid',
      message: expect.stringContaining('up/secret is not there'),
    });
  });

  it('a link inside the folder is followed', async () => {
    file('web-2.yaml', persona('web'));
    symlinkSync('web-2.yaml', join(folder, 'personas/web.yaml'));
    expect((await resolved()).own.document.persona_id).toBe('web');
  });

  it('what is no file is refused, and what is not there is named', async () => {
    mkdirSync(join(folder, 'personas/web.yaml'));
    await expect(resolved()).rejects.toMatchObject({ code: 'kind_refused' });
    await expect(resolved('personas/wbe.yaml')).rejects.toMatchObject({
      code: 'persona_not_found',
      message: `Cannot read ${join(folder, 'personas/wbe.yaml')}: there is no such file; did you mean "web.yaml"?`,
    });
    await expect(resolved('nowhere/web.yaml')).rejects.toMatchObject({ code: 'persona_not_found' });
  });
});
