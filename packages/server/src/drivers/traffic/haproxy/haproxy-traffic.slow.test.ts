/** Against a real haproxy in front of real web servers, while a client keeps requesting. */
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { limits } from '@guise/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HaproxyTraffic } from './haproxy-traffic.ts';
import { RealHaproxy, type RealHaproxyOptions } from './real-haproxy.ts';

const none = new AbortController().signal;
const patient = { deadlineMs: 20_000, signal: none };

function trafficOf(haproxy: RealHaproxy, endpoint = `unix:${haproxy.socket}`): HaproxyTraffic {
  const rules = { allowOutbound: ['127.0.0.0/8'], socketDirectories: [haproxy.directory] };
  return new HaproxyTraffic('edge', { endpoint, backend: 'web', server: '{host_id}' }, rules);
}

async function started(options: RealHaproxyOptions = {}): Promise<RealHaproxy> {
  const haproxy = new RealHaproxy(options);
  await haproxy.start();
  return haproxy;
}

describe('under constant requests', () => {
  let haproxy: RealHaproxy;
  let end = async (): Promise<unknown> => undefined;
  afterEach(async () => {
    await end();
    await haproxy.stop();
  });

  /** Eight clients, each with its next request as soon as it has its answer. */
  function keepRequesting(headers: Readonly<Record<string, string>> = {}) {
    const failures: unknown[] = [];
    let requests = 0;
    let isOver = false;
    const client = async () => {
      while (!isOver && failures.length === 0) {
        requests += 1;
        await haproxy.get('/', headers).catch((error: unknown) => failures.push(error));
      }
    };
    const clients = Array.from({ length: 8 }, client);
    end = async () => {
      isOver = true;
      await Promise.all(clients);
    };
    return {
      /** Resolves when so many more were answered. */
      more: async (count: number) => {
        const until = requests + count;
        while (requests < until && failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      },
      end: async () => {
        await end();
        return failures;
      },
    };
  }

  it.each(['unix', 'tcp'])('not one fails while a host goes and comes back, over %s', async (how) => {
    haproxy = await started();
    const traffic = trafficOf(haproxy, how === 'unix' ? undefined : `tcp:127.0.0.1:${haproxy.adminPort}`);
    const [h1, h2] = haproxy.backends;
    const clients = keepRequesting();
    await clients.more(200);
    expect(h1.served).toBeGreaterThan(0);
    expect(await traffic.drain('h1', patient)).toEqual({ isServing: false, underWay: 0 });
    const drainedAt = h1.served;
    await clients.more(500);
    expect(h1.served).toBe(drainedAt);
    // What a checkout does to it meanwhile is nobody's failure, nor that it is slow to come back.
    h1.isHealthy = false;
    const restoring = traffic.restore('h1', patient);
    await clients.more(200);
    expect(h1.served).toBe(drainedAt);
    h1.isHealthy = true;
    await restoring;
    await clients.more(200);
    expect(h1.served).toBeGreaterThan(drainedAt);
    expect(h2.served).toBeGreaterThan(0);
    expect(await clients.end()).toEqual([]);
  });

  it('also those that a cookie binds to the host go elsewhere in the end', async () => {
    haproxy = await started({ backend: ['cookie SERVER insert'] });
    const traffic = trafficOf(haproxy);
    const [h1] = haproxy.backends;
    const clients = keepRequesting({ cookie: 'SERVER=h1' });
    await clients.more(200);
    expect(h1.served).toBeGreaterThan(0);
    // They never stop by themselves, so half of the time is waited for them.
    const state = await traffic.drain('h1', { deadlineMs: 2_000, signal: none });
    expect(state).toEqual({ isServing: false, underWay: 0 });
    const drainedAt = h1.served;
    await clients.more(200);
    expect(h1.served).toBe(drainedAt);
    expect(await clients.end()).toEqual([]);
  });

  /** `after`: the process died when it had sent so many orders. */
  it.each([0, 1, 2, 3, 4])('the next call goes on from where a process was killed after %i orders', async (after) => {
    haproxy = await started();
    const clients = keepRequesting();
    const [h1] = haproxy.backends;
    await clients.more(100);
    /** Half of a turn, then all of it, and how many requests the host got after that. */
    const turned = async (turn: 'drain' | 'restore'): Promise<number> => {
      const relay = await cutAfter(haproxy, after);
      await expect(trafficOf(haproxy, `unix:${relay.path}`)[turn]('h1', patient)).rejects.toMatchObject({
        code: 'traffic_failed',
      });
      await relay.close();
      await trafficOf(haproxy)[turn]('h1', patient);
      const before = h1.served;
      await clients.more(200);
      return h1.served - before;
    };
    expect(await turned('drain')).toBe(0);
    expect(await turned('restore')).toBeGreaterThan(0);
    expect(await clients.end()).toEqual([]);
  });
});

/** Passes so many commands on to haproxy, and then nothing more. */
async function cutAfter(haproxy: RealHaproxy, commands: number) {
  const path = join(haproxy.directory, 'relay.sock');
  let passed = 0;
  const server = createServer((client) => {
    client.on('error', () => undefined);
    if (passed++ >= commands) return void client.destroy();
    const upstream = connect({ path: haproxy.socket });
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { path, close: () => new Promise((resolve) => server.close(resolve)) };
}

describe('an haproxy that answers badly', () => {
  let haproxy: RealHaproxy;
  let server: Server | undefined;
  beforeEach(async () => {
    haproxy = await started();
  });
  afterEach(async () => {
    await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
    server = undefined;
    await haproxy.stop();
  });

  async function answering(text: string): Promise<HaproxyTraffic> {
    const path = join(haproxy.directory, 'bad.sock');
    server = createServer((client) => {
      client.on('error', () => undefined);
      client.resume().end(text);
    });
    await new Promise<void>((resolve) => server?.listen(path, resolve));
    return trafficOf(haproxy, `unix:${path}`);
  }

  it.each([
    ['nothing', ''],
    ['half of a line', '1\n# be_id be_na'],
    ['another version', '2\n# be_id be_name srv_name\n\n'],
    ['columns that lack one', '1\n# be_id srv_name\n3 h1\n\n'],
    ['a state that is no number', '1\n# srv_name srv_op_state srv_admin_state srv_check_state\nh1 up - -\n\n'],
    ['a refusal', 'Permission denied\n\n'],
    ['too much', 'x'.repeat(limits.trafficAnswerBytes + 1)],
  ])('is told as that: %s', async (_, text) => {
    await expect((await answering(text)).state('h1')).rejects.toMatchObject({ code: 'traffic_failed' });
  });

  it('is told as that: no backend of that name, nobody there', async () => {
    const rules = { allowOutbound: [], socketDirectories: [haproxy.directory] };
    const settings = { endpoint: `unix:${haproxy.socket}`, backend: 'nope', server: '{host_id}' };
    await expect(new HaproxyTraffic('edge', settings, rules).state('h1')).rejects.toMatchObject({
      code: 'traffic_failed',
      message: expect.stringContaining("Can't find backend"),
    });
    await expect(trafficOf(haproxy, `unix:${haproxy.directory}/gone.sock`).state('h1')).rejects.toMatchObject({
      code: 'traffic_failed',
    });
  });

  it('is not asked with names that mean something to it', async () => {
    for (const host of ['h1;show', 'h1 state', 'h1\nset', 'h1\\', '#1']) {
      await expect(trafficOf(haproxy).drain(host, patient)).rejects.toMatchObject({
        code: expect.stringMatching(/argument_invalid|traffic_not_found/),
      });
    }
    expect((await trafficOf(haproxy).state('h1')).isServing).toBe(true);
  });

  it('is not asked where the control plane may not connect to', async () => {
    const settings = { endpoint: `unix:${haproxy.socket}`, backend: 'web', server: '{host_id}' };
    const strict = { allowOutbound: [], socketDirectories: [join(haproxy.directory, 'other')] };
    for (const endpoint of [settings.endpoint, `tcp:127.0.0.1:${haproxy.adminPort}`, 'tcp:localhost:1']) {
      await expect(new HaproxyTraffic('edge', { ...settings, endpoint }, strict).state('h1')).rejects.toMatchObject({
        code: 'address_refused',
      });
    }
  });
});
