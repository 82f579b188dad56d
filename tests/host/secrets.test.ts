/**
 * A secret from the person who sets it to the file it is for, on a real host: rotated, in a switch that fails and tells what it read, in one
 * that is killed. Afterwards everything that either machine keeps or says is searched for it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import { type RunningServer, startServer } from '@guise/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually, temporaryDirectory } from '../sim/control-plane.ts';
import { joinHosts } from './join-hosts.ts';
import { runGuise } from './secrets/run-guise.ts';
import { canBoot, testLab } from './test-lab.ts';

const host = parseHostId('h1');
/** Values that never were in a file of the host's own are looked for everywhere but where they belong. */
const canaries = { first: 'CANARY-one-4f1d8a6b', second: 'CANARY-two-9c3e7f02', local: 'CANARY-own-51b7d2e9' };
const key = '/etc/guise/keys/tls';
const conf = '/etc/app/app.conf';
const ownSecret = '/etc/guise/secrets/own';

const documents = [
  `guise: persona/v1
persona_id: app
files: {${conf}: {content: "password = {{ secret.db }}\\n"}}
security_profile: {encryption_keys: {tls: {secret: db}}}
services:
  app.service:
    unit: "[Service]\\nExecStart=/bin/sleep infinity\\nExecReload=/bin/touch /run/app-reloaded\\n"
    state: running
    reload_on: ["file:/etc/app/**"]
`,
  `guise: persona/v1
persona_id: telltale
files: {/etc/app/other.conf: {content: "{{ secret.db }}"}}
tests: [{name: it reads, command: [sh, -c, "cat /etc/app/other.conf >&2; exit 1"]}]
`,
  'guise: persona/v1\npersona_id: packaged\nsoftware_stack: [tree]\n',
  'guise: persona/v1\npersona_id: lacking\nfiles: {/etc/lacking: {content: "{{ secret.nobody-set-it }}"}}\n',
];
const localPersona = 'guise: persona/v1\npersona_id: own\nfiles: {/etc/own.conf: {content: "{{ secret.own }}"}}\n';

describe('a secret', () => {
  const { lab, output, run, guise } = testLab('test-secrets', []);
  const directory = temporaryDirectory();
  const said: string[] = [];
  const stateDirectory = join(directory.path, 'server');
  let server: RunningServer;
  let api: Client;

  beforeAll(async () => {
    if (!canBoot) return;
    const network = { agentHost: lab.outerAddress(), agentPort: 0 };
    server = await startServer({ stateDirectory, port: 0, ...network, report: (line) => said.push(line) });
    api = clientOf(server);
    await joinHosts(lab, server, ['h1']);
    for (const document of documents) await api.publishPersona({ body: { document } });
  }, 900_000);
  afterAll(async () => {
    if (canBoot) await server.close();
    directory.remove();
  });

  const hostNow = () => api.getHost({ params: { host_id: host } });
  const cli = async (args: readonly string[], input = '') => {
    const answer = await runGuise([...args, '--server', server.url], { token: server.adminToken, input });
    said.push(answer.stdout, answer.stderr);
    return answer;
  };
  const become = async (...ids: readonly string[]) => {
    const personas = ids.map((id) => ({ persona_id: parsePersonaId(id) }));
    await api.setHostPersonas({ params: { host_id: host }, body: { personas } });
    return outcome();
  };
  const outcome = async () => {
    await eventually('the host has told what it became', async () => {
      const { desired, outcome: told } = await hostNow();
      return told?.generation === desired.generation;
    });
    return (await hostNow()).outcome;
  };
  const onHost = async (...argv: readonly string[]) => {
    const { stdout, stderr } = await run('h1', argv);
    said.push(stdout, stderr);
  };

  it('reaches its file, for its owner alone', async () => {
    expect(await cli(['secret', 'set', 'db'], `${canaries.first}\n`)).toMatchObject({
      status: 0,
      stdout: 'db is now version 1\n',
    });
    expect(await become('app')).toMatchObject({ result: 'committed', error: null });
    expect(await output('h1', ['cat', conf])).toBe(`password = ${canaries.first}`);
    expect(await output('h1', ['cat', key])).toBe(canaries.first);
    expect(await output('h1', ['stat', '--format', '%a %U', conf, key])).toBe('600 root\n600 root');
  });

  it('is rewritten when it is rotated, and who reads it reloads', async () => {
    await output('h1', ['rm', '-f', '/run/app-reloaded']);
    expect(await cli(['secret', 'rotate', 'db', '--value-from-stdin'], canaries.second)).toMatchObject({ status: 0 });
    await eventually('the new version is there', async () => (await output('h1', ['cat', key])) === canaries.second);
    expect(await outcome()).toMatchObject({ result: 'committed' });
    expect(await output('h1', ['cat', conf])).toBe(`password = ${canaries.second}`);
    expect((await run('h1', ['test', '-e', '/run/app-reloaded'])).status).toBe(0);
  });

  it('that is missing keeps its host as it is, and says so', async () => {
    await api.setHostPersonas({
      params: { host_id: host },
      body: { personas: [{ persona_id: 'app' }, { persona_id: 'lacking' }] },
    });
    expect((await hostNow()).desired.refused).toContain('secret_not_found');
    expect(await output('h1', ['cat', key])).toBe(canaries.second);
    expect(await become('app')).toMatchObject({ error: null });
  });

  it('is not told by a test that prints it and fails', async () => {
    const told = await become('app', 'telltale');
    expect(told?.result).toBe('rolled_back');
    const { items } = await api.getHostHistory({ params: { host_id: host }, query: { limit: 1 } });
    expect(items[0]?.error?.message).toContain('sh exited with 1 ((secret))');
    expect((await run('h1', ['test', '-e', '/etc/app/other.conf'])).status).toBe(1);
    expect(await become('app')).toMatchObject({ error: null });
  });

  it('is in no footprint of a package that comes', async () => {
    expect(await become('app', 'packaged')).toMatchObject({ result: 'committed' });
    expect(await output('h1', ['ls', '/var/lib/guise/footprints'])).toContain('.json');
  });

  it('of the host itself is applied without a control plane, and only from a file for root alone', async () => {
    await lab.run('h1', ['tee', '/root/own.yaml'], { input: localPersona });
    await output('h1', ['install', '--directory', '/etc/guise/secrets']);
    const place = ['--state-dir', '/root/own-state', '--root', '/root/tree'];
    await output('h1', [
      'sh',
      '-c',
      'mkdir -p /root/tree/etc/guise/secrets && cp /etc/passwd /etc/group /root/tree/etc',
    ]);
    const apply = () => guise('h1', 'apply', '--yes', ...place, '/root/own.yaml');
    expect(await apply()).toMatchObject({
      stderr: expect.stringContaining('/root/tree/etc/guise/secrets/own, mode 0600'),
    });
    await lab.run('h1', ['tee', `/root/tree${ownSecret}`], { input: canaries.local });
    expect((await apply()).stderr).toContain('its mode must be 0600');
    await output('h1', ['chmod', '600', `/root/tree${ownSecret}`]);
    const applied = await apply();
    said.push(applied.stdout, applied.stderr);
    expect(applied.status).toBe(0);
    expect(await output('h1', ['cat', '/root/tree/etc/own.conf'])).toBe(canaries.local);
  });

  it('survives a kill in the middle of a switch as one version or the other', async () => {
    await output('h1', ['systemctl', 'stop', 'guise-agent.service']);
    const rollback = ['/opt/guise/guise', 'rollback', '--to', 'baseline', '--yes'];
    for (const at of [3, 8, 14]) {
      const { status, stderr } = await run('h1', rollback, { GUISE_FAULT: `kill@${at}` });
      said.push(stderr);
      expect([at, status, stderr]).toEqual([at, 137, expect.stringContaining('guise fault at')]);
      const { stdout } = await run('h1', ['cat', key]);
      expect(['', canaries.second]).toContain(stdout);
    }
    await output('h1', ['systemctl', 'start', 'guise-agent.service']);
    await eventually(
      'the host is what it should be',
      async () => (await run('h1', ['cat', key])).stdout === canaries.second,
    );
  });

  it('is nowhere else: not on the host, not at the control plane, and in nothing that either said', async () => {
    for (const args of [
      ['host', 'show', 'h1'],
      ['host', 'plan', 'h1'],
      ['host', 'history', 'h1', '--json'],
      ['host', 'why', 'h1', `file:${conf}`],
      ['host', 'why', 'h1', `file:${key}`, '--json'],
      ['secret', 'ls', '--json'],
      ['persona', 'show', 'app', '--json'],
    ])
      await cli(args);
    for (const path of [
      'hosts/h1',
      'hosts/h1/state',
      'hosts/h1/plan',
      'hosts/h1/history',
      'hosts/h1/drift',
      'audit',
      'secrets',
      'alerts',
      'metrics',
      'personas/app',
      'openapi.json',
    ]) {
      const answer = await fetch(`${server.url}/${path}`, {
        headers: { authorization: `Bearer ${server.adminToken}` },
      });
      said.push(await answer.text());
    }
    for (const command of ['active', 'history', 'drift', 'plan']) await onHost('/opt/guise/guise', command);
    await onHost('/opt/guise/guise', 'why', `file:${key}`, '--json');
    await onHost('journalctl', '--no-pager', '--output', 'cat');
    await onHost('sh', '-c', 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"');
    const spelled = Object.values(canaries).flatMap(spellingsOf);
    expect(said.filter((text) => spelled.some((each) => text.includes(each)))).toEqual([]);
    expect(said.join('')).toContain('(secret)');
    const pattern = spelled.flatMap((each) => ['-e', each]);
    const found = await run('h1', [
      'grep',
      '-rlsaF',
      '--exclude-dir=proc',
      '--exclude-dir=sys',
      '--exclude-dir=dev',
      '--exclude-dir=guise-repository',
      ...pattern,
      '/etc',
      '/var',
      '/root',
      '/run',
      '/tmp',
      '/srv',
      '/home',
      '/usr/local',
    ]);
    expect(found.stdout.trim().split('\n').sort()).toEqual(
      [conf, key, '/root/tree/etc/own.conf', `/root/tree${ownSecret}`].sort(),
    );
    await api.listSecrets();
    expect(leaksIn(directory.path, spelled)).toEqual([]);
  });
});

function spellingsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    bytes.toString('base64').replace(/.{2}=*$/, ''),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ];
}

/** Byte by byte, PostgreSQL's files and log included. */
function leaksIn(path: string, spelled: readonly string[]): readonly string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    if (!entry.isFile()) return [];
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    return spelled.some((each) => bytes.includes(each)) ? [entry.name] : [];
  });
}
