/**
 * A control plane that lends simulated hosts, for tests: its agents and its API are here, and its flows are run by processes that a
 * test starts and kills.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import type { RunningServer, ServerOptions } from '@guise/server';
import { MemoryProvider, memoryDisk } from '@guise/server/memory-provider';
import { MemoryTraffic } from '@guise/server/memory-traffic';
import pg from 'pg';
import {
  clientOf,
  enrolTestHost,
  eventually,
  personaText,
  sharedWith,
  startTestAgent,
  startTestServer,
  type TestAgent,
  temporaryDirectory,
} from './control-plane.ts';

type Checkout = Awaited<ReturnType<Client['getCheckout']>>;
type CheckoutBody = NonNullable<Parameters<Client['requestCheckout']>[0]>['body'];
type FlowOptions = NonNullable<ServerOptions['flows']>;

/** Short, because a killed process's steps are another's only after it. */
const claimMs = 200;

const documents = [
  personaText('web', 10),
  `${personaText('lab', 11)}category: testing\n`,
  `guise: persona/v1
persona_id: big
parameters: {release: {type: string, default: debian-13}, cores: {type: integer, default: 2}}
operating_system: {image: "{{ release }}"}
resource_allocation: {cpu_cores: "{{ cores }}"}
`,
  `${personaText('nightly', 12)}activation_triggers: {any: [{time_schedule: {cron: "0 0 29 2 *", duration: 1m, zone: Etc/UTC}}]}\n`,
  `${personaText('huge', 13)}required_cores: 4096\n`,
  `${personaText('fast', 14)}resource_allocation: {cpu_cores: 1, network_mbps: 100}\n`,
];

export class Lending {
  readonly provider: MemoryProvider;
  readonly traffic: MemoryTraffic;
  readonly agents = new Map<string, TestAgent>();
  readonly #directory = temporaryDirectory();
  readonly #hosts: readonly string[];
  readonly #runners: RunningServer[] = [];
  #server: RunningServer | undefined;
  #started = 0;

  constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
    this.provider = new MemoryProvider({ disk: memoryDisk(Object.fromEntries(hosts.map((host) => [host, {}]))) });
    this.traffic = new MemoryTraffic('balancer', hosts);
  }

  get server(): RunningServer {
    if (this.#server === undefined) throw new Error('It was not started');
    return this.#server;
  }

  get api(): Client {
    return clientOf(this.server);
  }

  /** Its hosts have the persona `web`; `lab`, `big` (another system and allocation) and `nightly` (with triggers) are there to be asked for. */
  async start(): Promise<void> {
    const dead = () => {
      throw new Error('This process runs no flows');
    };
    this.#server = await startTestServer({ ...this.#options(), flows: { claimMs, at: dead } });
    for (const document of documents) await this.api.publishPersona({ body: { document } });
    for (const host of this.#hosts) {
      const directory = join(this.#directory.path, host);
      mkdirSync(directory, { recursive: true });
      await enrolTestHost(this.server, host, directory);
      await this.api.assignToHost({
        params: { host_id: parseHostId(host), persona_id: parsePersonaId('web') },
        body: {},
      });
      this.connect(host);
      await eventually(`${host} has web`, async () => (await this.reportedOn(host)).join() === 'web');
    }
  }

  async stop(): Promise<void> {
    await this.stopRunners();
    await Promise.all([...this.agents.values()].map((agent) => agent.link.close()));
    await this.#server?.close();
    this.#directory.remove();
  }

  /** Another process on the same database, which takes the steps of flows. */
  async run(at?: FlowOptions['at']): Promise<RunningServer> {
    const shared = sharedWith(this.server);
    const options = { ...this.#options(), ...shared, flows: { claimMs, ...(at === undefined ? {} : { at }) } };
    const runner = await startTestServer(options);
    this.#runners.push(runner);
    return runner;
  }

  async stopRunners(): Promise<void> {
    await Promise.all(this.#runners.splice(0).map((runner) => runner.close()));
  }

  connect(host: string): void {
    const facts = { cpu_cores: 2, memory_mb: 2048, ip: '192.0.2.1' };
    const { agentUrl } = this.server;
    this.agents.set(host, startTestAgent(agentUrl, host, join(this.#directory.path, host), undefined, facts));
  }

  async disconnect(host: string): Promise<void> {
    await this.agents.get(host)?.link.close();
    await eventually(`${host} is gone`, async () => {
      const { connected } = await this.api.getHost({ params: { host_id: parseHostId(host) } });
      return !connected;
    });
  }

  /** The highest that its agent has seen. */
  fenceOn(host: string): unknown {
    return JSON.parse(readFileSync(join(this.#directory.path, host, 'lease.json'), 'utf8')).fence;
  }

  /** As its agent has it. */
  activeOn(host: string): readonly string[] {
    return (
      this.agents
        .get(host)
        ?.engine.active()
        .map(({ instance }) => instance) ?? []
    );
  }

  async reportedOn(host: string): Promise<readonly string[]> {
    const { state } = await this.api.getHostState({ params: { host_id: parseHostId(host) } });
    return state?.active.map(({ instance }) => instance) ?? [];
  }

  ask(body: Partial<CheckoutBody> = {}): Promise<Checkout> {
    return this.api.requestCheckout({ body: { for: '1h', reason: 'a test', ...body } });
  }

  find({ checkout_id }: Pick<Checkout, 'checkout_id'>): Promise<Checkout> {
    return this.api.getCheckout({ params: { checkout_id } });
  }

  checkIn({ checkout_id }: Pick<Checkout, 'checkout_id'>): Promise<Checkout> {
    return this.api.checkIn({ params: { checkout_id } });
  }

  /** As soon as it is in that state, and nothing but that or the way there meanwhile. */
  async reaches(checkout: Pick<Checkout, 'checkout_id'>, state: Checkout['state']): Promise<Checkout> {
    let last = await this.find(checkout);
    await eventually(`the checkout is ${state}`, async () => {
      last = await this.find(checkout);
      if (last.state !== state && last.ended_at !== null) throw new Error(`It ended as ${last.state}: ${last.failure}`);
      return last.state === state;
    });
    return last;
  }

  /** What the database has, which nothing tells otherwise. */
  async rows(query: string): Promise<readonly unknown[]> {
    const database = new pg.Client({ connectionString: this.server.databaseUrl });
    await database.connect();
    try {
      return (await database.query<Record<string, unknown>>(query)).rows;
    } finally {
      await database.end();
    }
  }

  /** The states that it went through, as the audit has them. */
  async statesOf({ checkout_id }: Pick<Checkout, 'checkout_id'>): Promise<readonly unknown[]> {
    const query = { resource: `checkout/${checkout_id}`, action: 'checkout:step', limit: 100 };
    const { items } = await this.api.listAudit({ query });
    return items.map(({ detail }) => (detail as { to: string }).to).toReversed();
  }

  /** As if it had been asked for so that its time is over then. */
  async endsIn({ checkout_id }: Pick<Checkout, 'checkout_id'>, ms: number): Promise<void> {
    await this.rows(`with ending as (
        update leases set during = tstzrange(lower(during) - interval '1 h', now() + interval '${ms} ms')
        where lease_id = (select lease_id from checkouts where checkout_id = '${checkout_id}')
      ), looking as (
        update flows set due_at = now(), woken = true
        where flow_id = (select flow_id from checkouts where checkout_id = '${checkout_id}')
      )
      select pg_notify('guise', '{"type":"flow"}')`);
  }

  /** It was in other states since then. */
  async sinceIsOther(checkout: Pick<Checkout, 'checkout_id'>, since: string): Promise<void> {
    await eventually('its state changed', async () => (await this.find(checkout)).state_since !== since);
  }

  #options() {
    this.#started += 1;
    return {
      stateDirectory: join(this.#directory.path, `server-${this.#started}`),
      providers: new Map([['agent', this.provider]]),
      traffics: async () => [this.traffic],
    };
  }
}
