/** Secrets from the command line to a connected agent, over the wire: what a person says, what the agent is sent, what is told of it. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Client, DesiredMessage } from '@guise/api';
import { limits, parseHostId, parsePersonaId } from '@guise/model';
import type { RunningServer } from '@guise/server';
import { unseal } from '@guise/trust/sealing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BareAgent } from './bare-agent.ts';
import { clientOf, eventually, identityIn, startTestServer, temporaryDirectory } from './control-plane.ts';

const guise = join(import.meta.dirname, '../../guise');
const directory = temporaryDirectory();
const h1 = { host_id: parseHostId('h1') };
let server: RunningServer;
let api: Client;
let agent: BareAgent;

beforeAll(async () => {
  server = await startTestServer({ stateDirectory: join(directory.path, 'server') });
  api = clientOf(server);
  agent = await BareAgent.join(server, server.agentUrl, 'h1', directory.path);
  const document =
    'guise: persona/v1\npersona_id: app\nfiles: {/etc/app: {content: "{{ secret.db }}"}}\nsecurity_profile: {encryption_keys: {tls: {secret: tls}}}\n';
  await api.publishPersona({ body: { document } });
});
afterAll(async () => {
  await agent.close();
  await server.close();
  directory.remove();
});

async function run(args: readonly string[], input: string | Buffer = '') {
  const env = { PATH: process.env['PATH'], NO_COLOR: '1', GUISE_SERVER: server.url, GUISE_TOKEN: server.adminToken };
  const child = spawn(guise, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = new Promise<number>((done) => child.once('close', (code) => done(code ?? 128)));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}

const lastDesired = () => agent.heard.findLast((message): message is DesiredMessage => message.type === 'desired');
/** As the host itself would open what it was sent last. */
function opened(secrets = lastDesired()?.secrets ?? []): { readonly [name: string]: string } {
  const key = identityIn(join(directory.path, 'h1'), 'h1').sealingKey;
  return Object.fromEntries(
    secrets.map(({ name, version, sealed }) => [name, unseal(key, `secret/${name}/${version}`, sealed).toString()]),
  );
}

describe('guise secret', () => {
  it('sets from a pipe without its line break, from a file byte for byte, and never from an argument', async () => {
    const file = join(directory.path, 'tls.key');
    writeFileSync(file, 'a\nb\n');
    expect(await run(['secret', 'set', 'db'], 'one\n')).toEqual({ code: 0, out: 'db is now version 1\n', err: '' });
    const told = await run(['secret', 'set', 'tls', '--from-file', file, '--json']);
    expect(JSON.parse(told.out)).toEqual({ name: 'tls', version: 1 });
    await api.assignToHost({ params: { ...h1, persona_id: parsePersonaId('app') }, body: {} });
    await eventually('the host is sent both', () => lastDesired()?.generation === 1);
    expect(opened()).toEqual({ db: 'one', tls: 'a\nb\n' });
    expect((await run(['secret', 'set', 'db', 'value'])).code).toBe(2);
  });

  it('rotates what is there, and the host is sent it at once; more than one line is kept as it is', async () => {
    expect(await run(['secret', 'rotate', 'none'], 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Cannot find the secret "none"'),
    });
    expect(await run(['secret', 'rotate', 'db'], 'two\nlines\n')).toMatchObject({
      code: 0,
      out: 'db is now version 2\n',
    });
    await eventually('the host is sent it', () => lastDesired()?.generation === 2);
    expect(opened()).toEqual({ db: 'two\nlines\n', tls: 'a\nb\n' });
    expect(await run(['secret', 'rotate', 'db', '--random', '32'])).toMatchObject({
      code: 0,
      out: 'db is now version 3\n',
    });
    await eventually('the host is sent that too', () => lastDesired()?.generation === 3);
    expect(opened()['db']).toMatch(/^[\w-]{43}$/);
  });

  it('lists names, versions and personas, and removes what nobody names', async () => {
    const { out } = await run(['secret', 'ls']);
    expect(out).toMatch(/^db +3 +app /m);
    expect(await run(['secret', 'rm', 'db'])).toMatchObject({ code: 3, err: expect.stringContaining('app names it') });
    await run(['secret', 'set', 'unused'], 'x');
    expect(await run(['secret', 'rm', 'unused'])).toMatchObject({ code: 0, out: 'unused is removed\n' });
  });

  it.each<[string, readonly string[], string, string]>([
    ['nothing', ['set', 'x'], '', 'the value is empty'],
    ['too much', ['set', 'x'], 'y'.repeat(limits.secretBytes + 2), 'bytes at most'],
    ['two places', ['rotate', 'db', '--random', '32', '--value-from-stdin'], 'x', 'from two places'],
    ['too little chance', ['rotate', 'db', '--random', '3'], '', 'must be 16 to 4096 bytes'],
    ['no file', ['set', 'x', '--from-file', '/nowhere/at/all'], '', 'Cannot read /nowhere/at/all'],
    ['a name that is none', ['set', '../x'], 'x', 'must be lower-case letters'],
    ['a version that goes back', ['set', 'db', '--version', '1'], 'x', 'versions never go down'],
  ])('refuses %s', async (_, args, input, words) => {
    const { code, err } = await run(['secret', ...args], input);
    expect(err).toContain(words);
    expect(code).toBe(2);
  });
});

describe('a connected host', () => {
  it('is asked for its plan with the secrets of what it is to become', async () => {
    let asked: unknown;
    agent.answer = (question) => {
      asked = question.ask === 'plan' ? opened(question.secrets ?? []) : asked;
      const layers = { layers_before: [], layers_after: [] };
      return { hash: `sha256:${'0'.repeat(64)}`, ...layers, stages: [], conflicts: [], warnings: [] };
    };
    await run(['secret', 'set', 'db'], 'planned');
    expect((await run(['host', 'plan', 'h1'])).code).toBe(0);
    expect(asked).toEqual({ db: 'planned', tls: 'a\nb\n' });
  });

  it('is sent nothing while a secret is missing, and guise host show says which', async () => {
    await eventually('it has heard of the last', () => opened()['db'] === 'planned');
    const { generation } = lastDesired() ?? {};
    await run(['secret', 'rm', 'tls', '--force']);
    const shown = await run(['host', 'show', 'h1']);
    expect(shown.out).toContain('nobody has set the secret "tls"');
    expect(lastDesired()?.generation).toBe(generation);
    await run(['secret', 'set', 'tls'], 'back');
    await eventually('it goes on', () => opened()['tls'] === 'back');
    expect(lastDesired()?.secrets.map(({ name, version }) => `${name}@${version}`)).toEqual(['db@4', 'tls@2']);
  });
});
