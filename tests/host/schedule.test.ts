/**
 * Schedules on real hosts whose clock goes through both changes of daylight saving: the agent of each lives at another date, by
 * libfaketime, and everything else is as it is.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../sim/control-plane.ts';
import { canBoot, testLab } from './test-lab.ts';

const persona = `guise: persona/v1
persona_id: nightly
files:
  /etc/nightly: { content: "night\\n" }
activation_triggers:
  time_schedule: { cron: "30 2 * * *", duration: 15s, zone: Europe/Paris }
`;
const folder = '/etc/systemd/system/guise-agent.service.d';
/** Longer than the window and what goes before it. */
const patienceMs = 60_000;

describe('a schedule at half past two in Paris', () => {
  const { lab, output, run, guise } = testLab('test-schedule', [
    { name: 'spring', agentConfig: {} },
    { name: 'autumn', agentConfig: {} },
  ]);

  beforeAll(async () => {
    if (!canBoot) return;
    await Promise.all(
      ['spring', 'autumn'].map(async (host) => {
        await output(host, ['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', 'libfaketime']);
        await lab.run(host, ['tee', '/root/nightly.yaml'], { input: persona });
      }),
    );
  });

  /** The agent starts anew at this instant, in UTC. Its timers and what it reads of files stay real. */
  async function agentAt(host: string, instant: string): Promise<void> {
    const library = await output(host, ['sh', '-c', 'ls /usr/lib/*/faketime/libfaketime.so.1']);
    const environment = {
      TZ: 'UTC',
      LD_PRELOAD: library,
      FAKETIME: `@${instant}`,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
    const lines = Object.entries(environment).map(([name, value]) => `Environment="${name}=${value}"`);
    await output(host, ['mkdir', '--parents', folder]);
    await lab.run(host, ['tee', `${folder}/clock.conf`], { input: `[Service]\n${lines.join('\n')}\n` });
    await output(host, ['systemctl', 'daemon-reload']);
    await output(host, ['systemctl', 'restart', 'guise-agent.service']);
    await ask(host, '/state');
  }

  /** What the agent answers at its socket, and at what time by its own clock, in ms. */
  async function ask(host: string, path: string): Promise<{ readonly now: number; readonly body: unknown }> {
    const retries = ['--retry', '20', '--retry-all-errors', '--retry-delay', '1'];
    const target = ['--unix-socket', '/run/guise/agent.sock', `http://agent${path}`];
    const answer = await output(host, ['curl', '--silent', '--fail', '--include', ...retries, ...target]);
    const [head = '', body = ''] = answer.split(/\r?\n\r?\n/);
    return { now: Date.parse(/^date: (.*)$/im.exec(head)?.[1] ?? ''), body: JSON.parse(body) };
  }

  const isNight = async (host: string) => (await run(host, ['test', '-e', '/etc/nightly'])).status === 0;

  /** Switches that the agent has made, oldest first, as the sets they led to and when, in its own time. */
  async function switches(host: string): Promise<readonly string[]> {
    const transactions = (await ask(host, '/history')).body as readonly {
      readonly started_at: string;
      readonly layers_after: readonly { readonly instance: string }[];
    }[];
    return transactions
      .map(
        ({ started_at, layers_after }) =>
          `${started_at.slice(0, 16)} ${layers_after.map((each) => each.instance).join()}`,
      )
      .reverse();
  }

  it.concurrent('begins right after the gap on the night that has no half past two', async () => {
    await agentAt('spring', '2027-03-28 00:59:50');
    expect((await guise('spring', 'apply', '--yes', '/root/nightly.yaml')).stdout).toContain('"nightly" waits');
    await eventually('three o’clock has come', () => isNight('spring'), patienceMs);
    await eventually('the window is over', async () => !(await isNight('spring')), patienceMs);
    expect(await switches('spring')).toEqual(['2027-03-28T01:00 nightly', '2027-03-28T01:00 ']);
  });

  it.concurrent('comes once on the night that has two, and not again at the second', async () => {
    await agentAt('autumn', '2026-10-25 00:29:50');
    expect((await guise('autumn', 'apply', '--yes', '/root/nightly.yaml')).stdout).toContain('"nightly" waits');
    await eventually('the first half past two has come', () => isNight('autumn'), patienceMs);
    await eventually('the window is over', async () => !(await isNight('autumn')), patienceMs);
    const before = await switches('autumn');
    expect(before).toEqual(['2026-10-25T00:30 nightly', '2026-10-25T00:30 ']);

    await agentAt('autumn', '2026-10-25 01:29:50');
    await eventually(
      'the second half past two is over',
      async () => {
        const { now, body } = await ask('autumn', '/state');
        expect(body).toMatchObject({ candidates: [{ instance: 'nightly', active: false }] });
        return now > Date.parse('2026-10-25T01:30:10Z');
      },
      patienceMs,
    );
    expect(await switches('autumn')).toEqual(before);
  });
});
