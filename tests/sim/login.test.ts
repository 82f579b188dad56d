/** A person logs in from the command line, with a real identity provider; an administrator says what he may do. */
import { spawn } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunningServer } from '@guise/server';
import { TestBrowser, TestIssuer } from '@guise/server/test-issuer';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, temporaryDirectory } from './control-plane.ts';
import { guise, runGuise } from './run-guise.ts';

const directory = temporaryDirectory();
const issuer = new TestIssuer((url, configuration) => new Provider(url, configuration));
let server: RunningServer;

beforeAll(async () => {
  await issuer.start();
  issuer.accounts.set('alice', { email: 'alice@example.com', email_verified: true, groups: ['sre'] });
  server = await startTestServer({
    stateDirectory: join(directory.path, 'server'),
    oidc: { issuer: issuer.url, clientId: issuer.clientId },
  });
});
afterAll(async () => {
  await server.close();
  await issuer.stop();
  directory.remove();
});

const alice = () => ({ HOME: join(directory.path, 'alice'), NO_COLOR: '1' });
const admin = () => ({ ...alice(), HOME: directory.path, GUISE_SERVER: server.url, GUISE_TOKEN: server.adminToken });

const run = (env: Readonly<Record<string, string>>, ...argv: readonly string[]) =>
  runGuise(argv, { directory: directory.path, env });

async function logIn(): Promise<{ code: number | null; out: string }> {
  const child = spawn(guise, ['login', '--server', server.url, '--json'], {
    env: { PATH: process.env['PATH'], ...alice() },
  });
  const out: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stderr })) {
    if (!line.includes('/auth/login?')) continue;
    const browser = new TestBrowser();
    const done = await browser.logIn(line, 'alice', ({ pathname }) => pathname === '/done');
    const elsewhere = new URL(done);
    elsewhere.searchParams.set('state', 'x'.repeat(43));
    expect((await browser.fetch(elsewhere)).status).toBe(404);
    expect(await (await browser.fetch(done)).text()).toContain('You are logged in');
    break;
  }
  return { code: await ended, out: out.join('') };
}

it('a person logs in, is given a role, loses it, and logs out', async () => {
  const { code, out } = await logIn();
  expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ actor: 'user/alice@example.com' })]);
  const file = join(directory.path, 'alice/.config/guise/session.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await run(alice(), 'whoami')).out).toContain('user/alice@example.com');

  const refused = await run(alice(), 'host', 'ls');
  expect([refused.code, refused.err]).toEqual([3, expect.stringContaining('the role viewer would allow it')]);
  expect((await run(admin(), 'role', 'grant', 'viewer', '--group', 'sre')).out).toBe('group sre has the role viewer\n');
  expect((await run(alice(), 'host', 'ls')).code).toBe(0);

  writeFileSync(
    join(directory.path, 'quiet.cedar'),
    'forbid (principal in Group::"sre", action == Action::"host:read", resource);\n',
  );
  expect((await run(admin(), 'policy', 'validate', 'quiet.cedar')).out).toBe('quiet.cedar: valid, 1 rule\n');
  expect((await run(admin(), 'policy', 'set', 'quiet.cedar')).out).toBe('quiet is set, version 1\n');
  expect((await run(alice(), 'host', 'show', 'h1')).code).toBe(3);
  expect((await run(admin(), 'policy', 'show', 'quiet')).out).toBe(
    readFileSync(join(directory.path, 'quiet.cedar'), 'utf8'),
  );
  expect((await run(admin(), 'policy', 'rm', 'quiet')).code).toBe(0);
  expect((await run(alice(), 'host', 'show', 'h1')).code).toBe(2);

  expect((await run(alice(), 'policy', 'set', 'quiet.cedar')).code).toBe(3);
  expect((await run(admin(), 'role', 'revoke', 'viewer', '--group', 'sre')).code).toBe(0);
  expect((await run(alice(), 'host', 'ls')).code).toBe(3);

  const { token } = JSON.parse(readFileSync(file, 'utf8')) as { token: string };
  expect((await run(alice(), 'logout')).out).toBe('user/alice@example.com is logged out\n');
  expect((await run({ ...admin(), GUISE_TOKEN: token }, 'whoami')).code).toBe(3);
});

it('a token does what its roles and its scope permit', async () => {
  const made = await run(
    admin(),
    'token',
    'new',
    'ci',
    '--role',
    'operator',
    '--scope',
    'host:read',
    '--expires',
    '30d',
  );
  const ci = { ...admin(), GUISE_TOKEN: made.out.trim() };
  expect((await run(ci, 'host', 'ls')).code).toBe(0);
  expect(await run(ci, 'persona', 'ls')).toMatchObject({ code: 3, err: expect.stringContaining('not made for it') });
  expect((await run(admin(), 'token', 'ls')).out).toMatch(/ci +operator +host:read +admin/);
  expect((await run(admin(), 'token', 'new', 'bad', '--scope', 'host:explode')).code).toBe(2);
  expect((await run(admin(), 'token', 'rm', 'ci')).out).toBe('ci is withdrawn\n');
  expect((await run(ci, 'host', 'ls')).code).toBe(3);
});
