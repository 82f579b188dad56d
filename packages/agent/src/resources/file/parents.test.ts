import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address, State } from '@guise/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Files, localHost } from '../../host/index.ts';
import { resolveParents } from './parents.ts';

const file: State = { type: 'file' };
const absent: State = { type: 'absent' };
const directory: State = { type: 'directory', mode: '0755' };
const states = (entries: { readonly [path: string]: State }) =>
  new Map(Object.entries(entries).map(([path, state]): [Address, State] => [`file:${path}`, state]));
const none = states({});

describe('parents of files', () => {
  let root: string;
  let files: Files;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'guise-parents-'));
    files = localHost({ root }).files;
    mkdirSync(join(root, 'etc'));
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const impliedBy = (wanted: ReturnType<typeof states>, released = none) =>
    [...resolveParents(wanted, released, none, files).implied.keys()].sort();

  it('are implied as far as they are missing, save for what is asked for itself or is to go', () => {
    expect(impliedBy(states({ '/etc/a/b/c': file, '/etc/d': file, '/srv/gone/x': absent }))).toEqual([
      'file:/etc/a',
      'file:/etc/a/b',
    ]);
    expect(impliedBy(states({ '/etc/a/b/c': file, '/etc/a': directory }))).toEqual(['file:/etc/a/b']);
  });

  it('stay implied while anything below is wanted, whoever asked for them first', () => {
    mkdirSync(join(root, 'etc/a'));
    expect(impliedBy(states({ '/etc/a/second': file }), states({ '/etc/a': absent, '/etc/a/first': absent }))).toEqual([
      'file:/etc/a',
    ]);
    expect(impliedBy(states({ '/etc/a/second': file }))).toEqual([]);
  });

  it('go with the last file, unless others have put something into them', () => {
    mkdirSync(join(root, 'etc/a/b'), { recursive: true });
    writeFileSync(join(root, 'etc/a/b/own'), '');
    const released = states({ '/etc/a': absent, '/etc/a/b': absent, '/etc/a/b/own': absent });
    const live = states({ '/etc/a': directory, '/etc/a/b': directory, '/etc/a/b/own': file });
    expect(resolveParents(none, released, live, files)).toMatchObject({ targets: released, warnings: [] });
    writeFileSync(join(root, 'etc/a/b/foreign'), '');
    const { targets, warnings } = resolveParents(none, released, live, files);
    expect(Object.fromEntries(targets)).toEqual({
      'file:/etc/a': directory,
      'file:/etc/a/b': directory,
      'file:/etc/a/b/own': absent,
    });
    expect(warnings).toHaveLength(2);
  });
});
