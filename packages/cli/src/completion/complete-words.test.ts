import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { candidatesFor } from './complete-words.ts';

/** No control plane: its address answers nobody. */
const context = { env: { GUISE_SERVER: 'http://127.0.0.1:9', GUISE_TOKEN: 'none' }, isRoot: false };
const values = async (...words: readonly string[]) => (await candidatesFor(words, context)).map(({ value }) => value);

describe('candidatesFor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guise-completion-'));
  beforeAll(() => {
    for (const name of ['web.yaml', 'db.json', 'notes.txt', '.hidden.yaml']) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, 'more'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('offers commands and groups', async () => {
    expect(await values('pl')).toEqual(['plan']);
    expect(await values('p')).toEqual(['plan', 'persona', 'pool', 'policy']);
    expect(await values('persona', 'v')).toEqual(['validate', 'verify']);
  });

  it('offers options of the command, and values where there are few', async () => {
    expect(await values('apply', '--st')).toEqual(['--state-dir']);
    expect(await values('rollback', '--to', '')).toEqual(['previous', 'baseline']);
    expect(await values('apply', '--root', '')).toEqual([]);
    expect(await values('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await values('completion', 'bash', '')).toEqual([]);
  });

  it('offers persona files and folders', async () => {
    expect((await values('plan', `${folder}/`)).sort()).toEqual([
      `${folder}/db.json`,
      `${folder}/more/`,
      `${folder}/web.yaml`,
    ]);
    expect(await values('plan', '--param', 'a=1', `${folder}/w`)).toEqual([`${folder}/web.yaml`]);
  });

  it('offers kinds of addresses', async () => {
    expect(await values('why', 'sys')).toEqual(['sysctl:']);
    expect(await values('host', 'why', 'h1', 'fil')).toEqual(['file:']);
  });

  it('offers no hosts when no control plane answers', async () => {
    expect(await values('host', 'show', '')).toEqual([]);
  });
});
