/** Programs from bundles, in a small clone of their own: always what the source says, whatever became of the bundle. */
import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const files: Readonly<Record<string, string>> = {
  'packages/cli/src/main.ts': `import { word } from './word.ts';
import { programDigest } from '../../agent/src/program-digest.ts';
const isBundled: boolean = new Error().stack!.includes('.guise/programs');
console.log(JSON.stringify({ word, isBundled, digest: programDigest, place: import.meta.dirname, argv: process.argv.slice(2) }));`,
  'packages/cli/src/word.ts': `export const word: string = 'one';`,
  'packages/agent/src/main.ts': `console.log('agent');`,
  'packages/agent/src/documents.ts': `console.log('documents');`,
  'packages/agent/src/program-digest.ts': 'export const programDigest: string | null = null;',
};

describe('programs', () => {
  let clone = '';
  const path = (name: string) => join(clone, name);
  const build = () => run([path('bin/build-programs.mjs')]);
  const start = async () =>
    JSON.parse(await run([path('bin/launch.mjs'), 'cli', 'a', '--b'])) as Record<string, unknown>;
  const bundles = () => readdirSync(path('.guise/programs')).filter((name) => name !== 'current.json');
  const write = (name: string, text: string) => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
  };

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'guise-programs-'));
    cpSync(import.meta.dirname, path('bin'), { recursive: true });
    symlinkSync(join(import.meta.dirname, '../node_modules'), path('node_modules'));
    for (const name of ['model', 'decide', 'api', 'agent', 'cli'])
      write(`packages/${name}/package.json`, '{"type": "module", "dependencies": {}}');
    for (const [name, text] of Object.entries(files)) write(name, text);
  });
  afterEach(() => rmSync(clone, { recursive: true }));

  const fromSource = () => ({
    word: 'one',
    isBundled: false,
    digest: null,
    place: path('packages/cli/src'),
    argv: ['a', '--b'],
  });

  it('run from source without a bundle, and then from one, knowing the same places', async () => {
    expect(await start()).toEqual(fromSource());
    await build();
    expect(await start()).toEqual({ ...fromSource(), isBundled: true, digest: bundles()[0] });
  });

  it('run from source as soon as it is another, also when its size and time are the old ones', async () => {
    await build();
    const { atime, mtime } = statSync(path('packages/cli/src/word.ts'));
    write('packages/cli/src/word.ts', `export const word: string = 'two';`);
    utimesSync(path('packages/cli/src/word.ts'), atime, mtime);
    expect(await start()).toEqual({ ...fromSource(), word: 'two' });
    await build();
    expect(await start()).toMatchObject({ word: 'two', isBundled: true });
  });

  it('run from source when the bundle is gone or its manifest is half', async () => {
    await build();
    rmSync(path(`.guise/programs/${bundles()[0]}`), { recursive: true });
    expect(await start()).toEqual(fromSource());
    await build();
    truncateSync(path('.guise/programs/current.json'), 40);
    expect(await start()).toEqual(fromSource());
  });

  it('are the same bundle whoever builds them, several at once too, and leave nothing else', async () => {
    await Promise.all([build(), build(), build()]);
    expect(bundles()).toHaveLength(1);
    expect(await start()).toMatchObject({ isBundled: true });
    const manifest = readFileSync(path('.guise/programs/current.json'), 'utf8');
    await build();
    expect(readFileSync(path('.guise/programs/current.json'), 'utf8').slice(0, 30)).toBe(manifest.slice(0, 30));
  });
});

/** Standard output of a script under this Node; fails with its standard error. */
function run(argv: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...argv], {
      env: { PATH: process.env['PATH'] },
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(errors))));
  });
}
