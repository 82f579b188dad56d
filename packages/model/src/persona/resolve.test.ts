import { describe, expect, it } from 'vitest';
import { GuiseError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { PersonaReader } from './persona-folder.ts';
import { resolvePersona } from './resolve.ts';

/** A folder in memory: texts and bytes by path. */
function folderOf(files: { readonly [path: string]: string | Uint8Array }): PersonaReader {
  return {
    async read(_folder, path) {
      const content = files[path];
      return typeof content === 'string' ? new TextEncoder().encode(content) : (content ?? null);
    },
    async list(_folder, path) {
      const prefix = path === '' ? '' : `${path}/`;
      return Object.keys(files).flatMap((name) =>
        name.startsWith(prefix) ? [name.slice(prefix.length).split('/')[0]!] : [],
      );
    },
  };
}

const persona = (id: string, rest = '') => `guise: persona/v1\npersona_id: ${id}\n${rest}`;

async function refusal(entry: string, files: { readonly [path: string]: string | Uint8Array }): Promise<GuiseError> {
  try {
    await resolvePersona(entry, folderOf(files));
  } catch (error) {
    if (error instanceof GuiseError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('resolvePersona', () => {
  it('puts ancestors furthest first, each once', async () => {
    const files = {
      'd.yaml': persona('d', 'extends: [b, ./c.yaml]\n'),
      'b.yaml': persona('b', 'extends: [a]\n'),
      'c.yaml': persona('c', 'extends: [a, ./more/e.yaml]\n'),
      'a.yaml': persona('a'),
      'more/e.yaml': persona('e', 'extends: [f]\n'),
      'more/f.yaml': persona('f'),
    };
    const { own, ancestors } = await resolvePersona('lib/d.yaml', folderOf(files));
    expect(own.document.persona_id).toBe('d');
    expect(ancestors.map(({ file }) => file)).toEqual([
      'lib/a.yaml',
      'lib/b.yaml',
      'lib/more/f.yaml',
      'lib/more/e.yaml',
      'lib/c.yaml',
    ]);
  });

  it('takes in the text of files beside each document', async () => {
    const files = {
      'web.yaml': persona(
        'web',
        'extends: [./base/base.yaml]\nfiles:\n  /etc/x: {source: files/x.conf, mode: "0644"}\n',
      ),
      'files/x.conf': 'workers {{ n }};\n',
      'base/base.yaml': persona(
        'base',
        'applications: {postgresql: {databases: {shop: {schema: ./schema/shop.sql, owner: shop}}}}\n',
      ),
      'base/schema/shop.sql': 'CREATE TABLE t ();',
    };
    const { own, ancestors } = await resolvePersona('web.yaml', folderOf(files));
    expect(own.document.files).toEqual({ '/etc/x': { content: 'workers {{ n }};\n', mode: '0644' } });
    expect(own.positions['files./etc/x.content']).toEqual([5, 12]);
    expect(ancestors[0]?.document.applications).toEqual({
      postgresql: { databases: { shop: { schema_content: 'CREATE TABLE t ();', owner: 'shop' } } },
    });
  });

  it('prints the cycle', async () => {
    const files = {
      'a.yaml': persona('a', 'extends: [b]\n'),
      'b.yaml': persona('b', 'priority: 1\nextends: [x, ./c.yaml]\n'),
      'x.yaml': persona('x'),
      'c.yaml': persona('c', 'extends:\n  - b\n'),
    };
    const error = await refusal('a.yaml', files);
    expect(error.code).toBe('extends_cycle');
    expect(error.message).toBe('Cannot build on a persona that builds on itself: b (b.yaml:4:14) → c (c.yaml:4:5) → b');
    expect((await refusal('a.yaml', { 'a.yaml': persona('a', 'extends: [a]\n') })).message).toBe(
      'Cannot build on a persona that builds on itself: a (a.yaml:3:11) → a',
    );
  });

  it('says which persona is missing, and what is near', async () => {
    const files = { 'web.yaml': persona('web', 'extends: [hardend]\n'), 'hardened.yaml': persona('hardened') };
    expect((await refusal('web.yaml', files)).message).toBe(
      'Cannot set "extends.0": the value must be a persona that is there, and there is no hardend.yaml; did you mean "hardened"? (web.yaml:3:11)',
    );
    const missing = await refusal('lib/wbe.yaml', files);
    expect(missing.code).toBe('persona_not_found');
    expect(missing.message).toBe('Cannot read lib/wbe.yaml: there is no such file; did you mean "web.yaml"?');
  });

  it.each([
    [
      { 'b.yaml': persona('other') },
      'Cannot set "extends.0": the value must be the id of the persona in its file, and b.yaml holds the persona "other" (a.yaml:3:11)',
    ],
    [
      { 'b.yaml': persona('b', 'prioritty: 1\n') },
      'Cannot set "prioritty": there is no such key; did you mean "priority"? (b.yaml:3:1)',
    ],
  ])('%j', async (files, message) => {
    const error = await refusal('a.yaml', { 'a.yaml': persona('a', 'extends: [b]\n'), ...files });
    expect(error.message).toBe(message);
  });

  it('refuses one id in two documents', async () => {
    const files = { 'a.yaml': persona('a', 'extends: [./b.yaml]\n'), 'b.yaml': persona('a') };
    expect((await refusal('a.yaml', files)).message).toBe(
      'Cannot set "persona_id": the value must be different in every document, and b.yaml has it too (a.yaml:2:1)',
    );
  });

  it('bounds depth and number of ancestors', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`p${index}.yaml`, persona(`p${index}`, `extends: [p${index + 1}]\n`)]),
    );
    expect((await refusal('p0.yaml', chain)).message).toContain(
      'the value must be at most 16 levels deep, and it is deeper',
    );
    const leaves = Array.from({ length: 80 }, (_, index) => `l${index}`);
    const groups = Array.from({ length: 5 }, (_, index) => leaves.slice(index * 16, index * 16 + 16));
    const wide = Object.fromEntries([
      ['top.yaml', persona('top', 'extends: [g0, g1, g2, g3, g4]\n')],
      ...groups.map((names, index) => [`g${index}.yaml`, persona(`g${index}`, `extends: [${names.join(', ')}]\n`)]),
      ...leaves.map((name) => [`${name}.yaml`, persona(name)]),
    ]);
    expect((await refusal('top.yaml', wide)).message).toContain(
      `must be one of at most ${limits.ancestors} ancestors, and there are more`,
    );
  });

  it.each([
    ['is not there', {}, 'must name a file that is there, and x is not there'],
    ['is binary', { x: new Uint8Array([0xff]) }, 'must name a file of UTF-8 text, and x holds other bytes'],
    ['is large', { x: 'a'.repeat(1024 * 1024 + 1) }, 'must name a file of at most 1048576 bytes, and x has 1048577'],
  ])('a source that %s', async (_, files, expected) => {
    const error = await refusal('web.yaml', { 'web.yaml': persona('web', 'files: {/x: {source: x}}\n'), ...files });
    expect(error.message).toBe(`Cannot set "files./x.source": the value ${expected} (web.yaml:3:14)`);
  });

  it('bounds what all sources hold together', async () => {
    const names = Array.from({ length: 9 }, (_, index) => `x${index}`);
    const entries = names.map((name) => `/${name}: {source: ${name}}`).join(', ');
    const contents = Object.fromEntries(names.map((name) => [name, 'a'.repeat(1024 * 1024)]));
    const error = await refusal('web.yaml', { 'web.yaml': persona('web', `files: {${entries}}\n`), ...contents });
    expect(error.message).toContain(
      'must keep the files of a persona below 8388608 bytes together, and x8 goes past that',
    );
  });
});
