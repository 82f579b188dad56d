/**
 * A real host adapts itself, with no control plane: to load, to a login, to an event at its socket, to what a person says, and to
 * somebody who changes what it manages.
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../sim/control-plane.ts';
import { canBoot, testLab } from './test-lab.ts';

const folder = '/opt/guise/tests/host/adaptation';
/** Several, so that the host gets a share of a machine that has much else to do. */
const busy = ['busy-1', 'busy-2', 'busy-3', 'busy-4'] as const;
const names = ['base', 'burst', 'welcome', 'alarm'] as const;

interface Candidate {
  readonly instance: string;
  readonly active: boolean;
  readonly decided_by: string;
  readonly reason: string;
}

interface State {
  readonly candidates: readonly Candidate[];
  readonly holds: readonly { readonly id: string; readonly instance: string | null; readonly reason: string }[];
  readonly alerts: readonly { readonly key: string; readonly message: string }[];
}

describe('a host with an agent of its own', () => {
  const { output, run, guise } = testLab('test-adaptation', [{ name: 'h1', agentConfig: {} }]);

  const socket = async (method: string, path: string, body?: unknown): Promise<string> => {
    const data = body === undefined ? [] : ['--data', JSON.stringify(body)];
    const retries = ['--retry', '20', '--retry-all-errors', '--retry-delay', '1'];
    const target = ['--unix-socket', '/run/guise/agent.sock', `http://agent${path}`];
    return output('h1', ['curl', '--silent', '--fail', ...retries, '--request', method, ...data, ...target]);
  };
  const state = async () => JSON.parse(await socket('GET', '/state')) as State;
  const candidate = async (name: string) => (await state()).candidates.find(({ instance }) => instance === name);
  const marks = async () => (await run('h1', ['ls', '/etc/guise-marks'])).stdout.trim().split(/\s+/).join();
  const active = async () => {
    const layers = JSON.parse(await socket('GET', '/personas/active')) as readonly Candidate[];
    return layers.map(({ instance }) => instance).sort();
  };
  /** Files are there before a switch is committed, so both count. */
  const marksAre = (...ids: readonly string[]) =>
    eventually(
      `the host is ${ids.join()}`,
      async () => (await marks()) === ids.join() && (await active()).join() === ids.join(),
    );
  const unit = (name: string, ...rest: readonly string[]) =>
    output('h1', ['systemd-run', '--quiet', `--unit=${name}`, ...rest]);

  let applied = '';

  beforeAll(async () => {
    if (!canBoot) return;
    await output('h1', ['groupadd', '--system', 'guise']);
    await output('h1', ['useradd', '--create-home', 'alice']);
    await output('h1', ['useradd', '--groups', 'guise', 'bob']);
    await output('h1', ['systemctl', 'restart', 'guise-agent.service']);
    await socket('GET', '/state');
    const files = names.map((name) => `${folder}/${name}.yaml`);
    applied = (await guise('h1', 'apply', '--yes', ...files)).stdout;
  });
  afterEach(async () => {
    if (!canBoot) return;
    await run('h1', ['systemctl', 'stop', ...busy, 'login-alice']);
    for (const { id } of (await state()).holds) await socket('POST', `/holds/release/${id}`);
    await marksAre('base');
  });

  it('lets root and the group guise at its socket, and nobody else', async () => {
    const askAs = (user: string) =>
      run('h1', [
        'runuser',
        `--user=${user}`,
        '--',
        'curl',
        '--silent',
        '--unix-socket',
        '/run/guise/agent.sock',
        'http://agent/holds',
      ]);
    expect(await askAs('bob')).toMatchObject({ status: 0, stdout: '[]\n' });
    expect((await askAs('alice')).status).not.toBe(0);
  });

  it('gets a persona by load, tells why, and loses it when the load has ended for as long as it says', async () => {
    expect(applied).toContain('"burst" waits: its triggers');
    expect(await marks()).toBe('base');
    for (const name of busy) await unit(name, 'sh', '-c', 'while :; do :; done');
    await marksAre('base', 'burst');
    expect(await candidate('burst')).toMatchObject({ active: true, decided_by: 'triggers' });
    expect((await candidate('burst'))?.reason).toMatch(/cpu_utilization .*above 0\.1/);
    const why = JSON.parse(await socket('GET', '/why?address=file:/etc/guise-marks/burst')) as State & {
      readonly layers: readonly Candidate[];
    };
    expect(why.layers[0]).toMatchObject({ instance: 'burst', decided_by: 'triggers' });
    expect((await guise('h1', 'why', 'file:/etc/guise-marks/burst')).stdout).toMatch(
      /burst is active since .*, by its triggers: cpu_utilization .*above 0\.1/,
    );
    expect((await guise('h1', 'active')).stdout).toMatch(
      /\+ burst, .*: active since .*, by its triggers: cpu_utilization/,
    );
    const metrics = await socket('GET', '/metrics');
    expect(metrics).toMatch(/^guise_host_metric\{name="cpu_utilization"\} [01]/m);
    expect(metrics).toContain('guise_persona_active{instance="burst",persona_id="burst",decided_by="triggers"} 1');
    await output('h1', ['systemctl', 'stop', ...busy]);
    await marksAre('base');
  });

  it('gets one by a login and loses it with the logout', async () => {
    const session = ['--property=PAMName=login', '--property=User=alice', '--setenv=XDG_SESSION_CLASS=user'];
    await unit('login-alice', ...session, 'sleep', '300');
    await marksAre('base', 'welcome');
    expect((await candidate('welcome'))?.reason).toContain('alice');
    await output('h1', ['systemctl', 'stop', 'login-alice']);
    await marksAre('base');
  });

  it('gets one by an event at its socket that the condition lets through, for as long as it says', async () => {
    const event = { specversion: '1.0', id: 'e1', source: '/scanner', type: 'security.alert' };
    await socket('POST', '/events', { ...event, data: { severity: 3 } });
    await socket('POST', '/events', { ...event, id: 'e2', data: { severity: 9 } });
    await marksAre('alarm', 'base');
    await marksAre('base');
    const refused = await run('h1', [
      'curl',
      '--silent',
      '--unix-socket',
      '/run/guise/agent.sock',
      '--data',
      '{"specversion":"1.0"}',
      'http://agent/events',
    ]);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'argument_invalid' } });
  });

  it('is held by a person over a restart of the agent, and goes on by itself afterwards', async () => {
    await socket('POST', '/personas/rollback', { for: '20s', reason: 'maintenance' });
    expect(await marks()).toBe('');
    const [hold] = (await state()).holds;
    expect(hold).toMatchObject({ instance: null, reason: 'maintenance' });
    expect((await guise('h1', 'active')).stdout).toContain('every persona is held inactive until');
    await output('h1', ['systemctl', 'restart', 'guise-agent.service']);
    expect((await state()).holds).toEqual([hold]);
    expect(await marks()).toBe('');
    await eventually('the hold is over', async () => (await state()).holds.length === 0);
    await marksAre('base');
  });

  it('shows a persona that a person applied as held, and gives it up when the hold ends', async () => {
    await output('h1', ['mkdir', '--parents', '/etc/guise/personas']);
    await output('h1', ['cp', `${folder}/alarm.yaml`, '/etc/guise/personas/alarm.yaml']);
    await socket('POST', '/personas/apply/alarm', { for: '8s', reason: 'a look' });
    expect(await marks()).toBe('alarm,base');
    const told = JSON.parse(await socket('GET', '/personas/active')) as readonly unknown[];
    expect(told).toContainEqual(
      expect.objectContaining({
        instance: 'alarm',
        decided_by: 'hold',
        hold: expect.objectContaining({ owner: 'local', reason: 'a look' }),
      }),
    );
    await marksAre('base');
  });

  it('makes right what somebody else changed, and does not fight one who goes on', async () => {
    const content = () => output('h1', ['cat', '/etc/guise-marks/base']);
    await output('h1', ['tee', '/etc/guise-marks/base', '/dev/null']);
    await eventually('it is right again', async () => (await content()) === 'base');
    await eventually('the alert is over', async () => (await state()).alerts.length === 0);
    await output('h1', ['sed', '--in-place', 's/base/again/', '/etc/guise-marks/base']);
    await eventually('an alert tells of it', async () =>
      (await state()).alerts.some(({ key }) => key === 'drift:file:/etc/guise-marks/base'),
    );
    expect(await content()).toBe('again');
    expect((await state()).alerts[0]?.message).toContain('fight');
    await eventually('it is right again later', async () => (await content()) === 'base', 60_000);
  });
});
