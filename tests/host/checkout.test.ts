/**
 * A production host behind a real haproxy is lent while a client keeps requesting: it becomes another host, its holder does what holders
 * do, and it comes back exactly as it was, without one request that failed.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Client } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import { labProviders, type RunningServer, startServer } from '@guise/server';
import { RealHaproxy } from '@guise/server/test-haproxy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually, temporaryDirectory } from '../sim/control-plane.ts';
import { diffFingerprints, type Fingerprint } from './fingerprint.ts';
import { joinHosts } from './join-hosts.ts';
import { startProvider } from './provided-lab.ts';
import { canBoot, node, testLab } from './test-lab.ts';

type Checkout = Awaited<ReturnType<Client['getCheckout']>>;
type CheckoutBody = NonNullable<Parameters<Client['requestCheckout']>[0]>['body'];

const library = resolve(import.meta.dirname, '../../personas');
const names = ['h1', 'h2'] as const;
const patienceMs = 180_000;
const at = (name: (typeof names)[number]) => ({ host_id: parseHostId(name) });

/** What the lab and the agent leave on a host that was stopped like by a power cut and booted again. */
const ofTheBoot =
  /^((files|usr) \/(run|var\/lib\/(systemd|nginx|private|guise))|mounts (\/|\/proc\/kmsg|\/proc\/sys\/kernel\/random\/boot_id):)/;

/** Four clients, each with its next request as soon as it has its answer. */
class ConstantRequests {
  readonly failures: string[] = [];
  readonly answers = new Map<string, number>();
  readonly #clients: readonly Promise<void>[];
  #isOver = false;

  constructor(get: () => Promise<string>) {
    this.#clients = Array.from({ length: 4 }, () => this.#keepRequesting(get));
  }

  answersOf(host: string): number {
    return this.answers.get(host) ?? 0;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #keepRequesting(get: () => Promise<string>): Promise<void> {
    while (!this.#isOver) {
      try {
        const host = /Served by guise on (\w+)/.exec(await get())?.[1] ?? 'nobody';
        this.answers.set(host, this.answersOf(host) + 1);
      } catch (error) {
        this.failures.push(String(error));
      }
    }
  }
}

describe('two web servers behind a load balancer', () => {
  const { lab, output, run } = testLab('test-checkout', []);
  const directory = temporaryDirectory();
  let server: RunningServer;
  let api: Client;
  let haproxy: RealHaproxy;
  let requests: ConstantRequests;
  let endProvider = async (): Promise<unknown> => undefined;

  beforeAll(async () => {
    if (!canBoot) return;
    await lab.up([]);
    const socketPath = join(directory.path, 'provider', 'socket');
    endProvider = await startProvider('test-checkout', socketPath);
    haproxy = new RealHaproxy({
      healthPath: '/healthz',
      fall: 40,
      backend: ['timeout check 5s'],
      servers: names.map((name, index) => ({
        name,
        address: lab.outerAddress().replace(/\d+$/, `${11 + index}`),
        port: 80,
      })),
    });
    await haproxy.start();
    server = await startServer({
      stateDirectory: directory.path,
      port: 0,
      agentHost: lab.outerAddress(),
      agentPort: 0,
      providers: labProviders(socketPath),
      trafficSockets: [haproxy.directory],
      report: () => undefined,
    });
    api = clientOf(server);
    await joinHosts(lab, server, names, { role: 'web' });
    await publish('web', ['files/web/nginx.conf', 'files/web/site.conf', 'files/web/index.html']);
    await publish('performance-testing', ['files/performance-testing/guise-load.sh']);
    for (const name of names) {
      await api.putHostProvider({
        params: at(name),
        body: { provider: 'lab', provider_host: name, machine: hostname() },
      });
    }
    await api.assignToTag({
      params: { tag: 'role=web', persona_id: parsePersonaId('web') },
      body: { parameters: { greeting: 'Served by guise' } },
    });
    await api.putTraffic({
      params: { name: 'edge' },
      body: {
        driver: 'haproxy',
        hosts: 'role=web',
        settings: { endpoint: `unix:${haproxy.socket}`, backend: 'web' },
      },
    });
    for (const name of names) await eventually(`${name} serves`, () => serves(name), patienceMs);
    requests = new ConstantRequests(() => haproxy.get());
  }, 900_000);
  afterAll(async () => {
    if (canBoot) {
      await requests?.end();
      await server?.close();
      await haproxy?.stop();
      await endProvider();
    }
    directory.remove();
  });

  const publish = (id: string, sources: readonly string[]) =>
    api.publishPersona({
      body: {
        document: readFileSync(join(library, `${id}.yaml`), 'utf8'),
        files: Object.fromEntries(sources.map((source) => [source, readFileSync(join(library, source), 'utf8')])),
      },
    });
  /** Its own word for it, past the balancer. */
  const serves = async (name: (typeof names)[number]) =>
    (await run(name, ['curl', '-fsS', 'http://127.0.0.1/'])).stdout.includes(`on ${name}`);
  const fingerprintOf = async (name: string): Promise<Fingerprint> =>
    JSON.parse(await output(name, [...node, '/opt/guise/tests/host/fingerprint.ts'])) as Fingerprint;
  const find = ({ checkout_id }: Checkout) => api.getCheckout({ params: { checkout_id } });
  const reaches = async (checkout: Checkout, state: Checkout['state']): Promise<Checkout> => {
    let last = await find(checkout);
    await eventually(
      `the checkout is ${state}`,
      async () => {
        last = await find(checkout);
        if (last.state !== state && (last.ended_at !== null || last.state === 'quarantined'))
          throw new Error(`It is ${last.state}: ${last.failure} ${JSON.stringify(last.evidence)}`);
        return last.state === state;
      },
      patienceMs,
    );
    return last;
  };
  const lend = async (body: Omit<CheckoutBody, 'for' | 'reason'>) =>
    reaches(await api.requestCheckout({ body: { for: '1h', reason: 'a test', ...body } }), 'out');

  it('lends one for a load test and has it back as it was, and not one request fails', async () => {
    const before = await fingerprintOf('h1');
    const checkout = await lend({ ...at('h1'), persona_id: parsePersonaId('performance-testing'), tests: true });
    expect(checkout.reach).toEqual({ hostname: 'h1', address: lab.host('h1').address });
    expect(await api.getHost({ params: at('h1') })).toMatchObject({ state: 'checked_out', lease: { holder: 'admin' } });

    // It is what was asked for, and serves nobody.
    const { results } = await api.getCheckoutResults({ params: checkout });
    expect(results).toMatchObject([
      { name: 'stress-ng runs', ok: true },
      { name: 'wrk is there', ok: true },
      { name: 'the script is sound', ok: true },
    ]);
    expect((await run('h1', ['systemctl', 'is-active', 'nginx.service'])).stdout.trim()).not.toBe('active');
    const served = [requests.answersOf('h1'), requests.answersOf('h2')] as const;
    await eventually('the other answers', () => requests.answersOf('h2') > served[1] + 100, patienceMs);
    expect(requests.answersOf('h1')).toBe(served[0]);

    // What holders do.
    await output('h1', ['sh', '-c', 'echo mine > /etc/motd; chmod 0600 /etc/hosts; rm -rf /usr/share/doc /var/www']);
    await output('h1', ['apt-get', 'install', '--yes', '--quiet=2', 'tree']);
    await output('h1', ['useradd', '--create-home', 'mallory']);
    await output('h1', [
      'sh',
      '-c',
      'echo "* * * * * root true" > /etc/cron-of-mine; rm -f /var/lib/dpkg/info/curl.list',
    ]);

    await api.checkIn({ params: checkout });
    const ended = await reaches(checkout, 'ended');
    expect(ended.fingerprint_after).toEqual(ended.fingerprint_before);
    expect(await api.getHost({ params: at('h1') })).toMatchObject({ state: 'production', lease: null });
    await eventually('h1 answers again', () => requests.answersOf('h1') > served[0] + 100, patienceMs);
    // An independent look from the inside.
    const differences = diffFingerprints(before, await fingerprintOf('h1')).filter((line) => !ofTheBoot.test(line));
    expect(differences).toEqual([]);
    expect(requests.failures).toEqual([]);
  });

  it('lends one as another operating system, and has the old one back', async () => {
    await api.publishPersona({
      body: {
        document:
          'guise: persona/v1\npersona_id: trixie\noperating_system: {image: debian-13}\nfiles: {/etc/motd: {content: "lent\\n"}}\n',
      },
    });
    const version = () => output('h2', ['sh', '-c', '. /etc/os-release; echo "$ID-$VERSION_ID"']);
    const was = await version();
    const checkout = await lend({ ...at('h2'), persona_id: parsePersonaId('trixie') });
    expect(await version()).toBe('debian-13');
    expect(await output('h2', ['cat', '/etc/motd'])).toBe('lent');
    await api.checkIn({ params: checkout });
    const ended = await reaches(checkout, 'ended');
    expect(ended.fingerprint_after).toEqual(ended.fingerprint_before);
    expect(await version()).toBe(was);
    expect(requests.failures).toEqual([]);
  });
});
