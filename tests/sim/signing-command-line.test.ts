/** The command line from keys to hosts' permissions, against a control plane with the root that was made there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningServer } from '@guise/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personaText, startTestServer, temporaryDirectory } from './control-plane.ts';
import { runGuise } from './run-guise.ts';

const directory = temporaryDirectory();
let server: RunningServer;

beforeAll(async () => {
  await run('key', 'new', 'alice', '--out', '.');
  await run('root', 'new', '--organization', 'acme', '--key', 'alice.key', '--signer', 'alice.pub');
  server = await startTestServer({
    stateDirectory: join(directory.path, 'server'),
    trust: { rootFile: join(directory.path, 'root.json') },
  });
});
afterAll(async () => {
  await server.close();
  directory.remove();
});

const run = (...argv: readonly string[]) => runGuise(argv, { directory: directory.path, server });

const author = ['--key', 'alice.key', '--root', 'root.json'] as const;

describe('guise, with a root of its authors', () => {
  it('publishes what was signed, and nothing else', async () => {
    writeFileSync(join(directory.path, 'web.yaml'), personaText('web', 1));
    expect(await run('persona', 'publish', 'web.yaml')).toMatchObject({
      code: 3,
      err: expect.stringContaining('guise persona sign'),
    });
    for (const version of [1, 2]) {
      writeFileSync(join(directory.path, 'web.yaml'), personaText('web', version));
      const signed = await run('persona', 'sign', 'web.yaml', ...author, '--out', 'web.signed.json');
      expect(signed).toMatchObject({ code: 0 });
      const published = await run('persona', 'publish', 'web.signed.json');
      expect(published).toMatchObject({ code: 0, out: expect.stringContaining(`web@${version} `) });
    }
    const { out } = await run('persona', 'show', 'web', '--versions');
    expect(out).toContain('SIGNED BY');
    expect(out.match(/ alice /g)).toHaveLength(2);
    expect((await run('persona', 'show', 'web')).out).toContain('# signed by alice until ');
  });

  it('goes back by a permission', async () => {
    expect(await run('persona', 'rollback', 'web', '--to', '1')).toMatchObject({
      code: 3,
      err: expect.stringContaining('guise persona sign-rollback'),
    });
    expect(await run('persona', 'rollback', 'web', '--to', 'one')).toMatchObject({ code: 2 });
    const what = ['web.signed.json', '--from', '2', '--to', '1', '--host', 'h1', '--reason', 'latency'];
    const signed = await run('persona', 'sign-rollback', ...what, ...author, '--out', 'web.back.json');
    expect(signed).toMatchObject({ code: 0 });
    const back = await run('persona', 'rollback', 'web', '--to', '1', '--statement', 'web.back.json');
    expect(back).toEqual({ code: 0, out: 'web@1 is the current version\n', err: '' });
  });

  it('shows the root that the control plane has, and gives it the next', async () => {
    expect((await run('root', 'show')).out).toContain('root 1 of acme');
    await run('key', 'new', 'bob', '--out', '.');
    const next = await run(
      'root',
      'next',
      'root.json',
      '--key',
      'alice.key',
      '--signer',
      'bob.pub',
      '--out',
      'next.json',
    );
    expect(next).toMatchObject({ code: 0 });
    const published = await run('root', 'publish', 'next.json');
    expect(published).toEqual({ code: 0, out: 'root 2 of acme is the one that hosts go by\n', err: '' });
    expect((await run('root', 'show')).out).toContain('root 2 of acme');
    expect(await run('root', 'publish', 'root.json')).toMatchObject({ code: 3 });
  });
});
