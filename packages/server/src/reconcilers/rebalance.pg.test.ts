/** Machines are shared out as their hosts' personas say, by one process at a time, and what was taken is given back whoever dies. */
import { SimulatedMachine } from '@guise/decide/fairness';
import { GuiseError, type HostId, parseHostId } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { machineClaim, noNeeds } from '../app/machine-claim.ts';
import { SimulatedProvider } from '../drivers/host-provider/simulated-provider.ts';
import { listAlerts, writeAlerts } from '../store/alerts.ts';
import { listAudit } from '../store/audit.ts';
import { jsonbText } from '../store/jsonb-text.ts';
import { readSharedMachines } from '../store/shared-machines.ts';
import { TestDatabase } from '../store/test-database.ts';
import { type Rebalancer, startRebalancer } from './rebalance.ts';
import { MachineRounds, rebalancer } from './rebalance-machine.ts';
import { ContentionTeller } from './tell-contention.ts';

const test = new TestDatabase();
beforeAll(() => test.start());
afterAll(() => test.stop());

let machine: SimulatedMachine;
let provider: SimulatedProvider;
let nowMs: number;
let failures: unknown[];
let running: Rebalancer[];

beforeEach(async () => {
  machine = new SimulatedMachine(2, ['h1', 'h2']);
  provider = new SimulatedProvider(machine);
  [nowMs, failures, running] = [0, [], []];
  await sql`delete from hosts`.execute(test.database);
  for (const host of ['h1', 'h2']) await join(host);
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop()));
});

async function join(hostId: string): Promise<void> {
  await sql`insert into hosts (host_id) values (${hostId})`.execute(test.database);
  await sql`update fleet set provider = 'simulated', machine = 'm1', fence = 7 where host_id = ${hostId}`.execute(
    test.database,
  );
}

/** As the host reports it: a persona of this priority is active. */
async function activate(hostId: string, priority: number, persona_id = 'p', version = 1): Promise<void> {
  const candidates = [
    { instance: persona_id, persona_id, version, priority, active: true, decided_by: 'always', reason: '', since: '' },
    {
      instance: 'idle',
      persona_id: 'q',
      version,
      priority: 900,
      active: false,
      decided_by: 'triggers',
      reason: '',
      since: '',
    },
  ];
  await sql`insert into host_adaptations (host_id, candidates, holds) values (${hostId}, ${jsonbText(candidates)}::jsonb, '[]')
    on conflict (host_id) do update set candidates = excluded.candidates`.execute(test.database);
}

async function publish(personaId: string, text: string): Promise<void> {
  const own = parseDocument(`guise: persona/v1\npersona_id: ${personaId}\n${text}`, 'p.yaml');
  const content = JSON.stringify({ own, ancestors: [] });
  await test.database.transaction().execute(async (tx) => {
    await sql`insert into personas (persona_id, current_version, last_version) values (${personaId}, 1, 1)`.execute(tx);
    await sql`insert into persona_versions (persona_id, version, digest, persona_groups, priority, content, published_by)
      values (${personaId}, 1, ${personaId}, '{}', 50, ${content}, 'test')`.execute(tx);
  });
}

/** What a process knows of the machine; another one knows nothing yet. */
function process(): MachineRounds {
  return new MachineRounds({
    database: test.database,
    provider,
    claimOf: async ({ layers }) => machineClaim(layers.map(({ priority }) => ({ ...noNeeds, priority }))),
    steadyMs: () => nowMs,
    onResized: (error) => {
      if (error !== null) failures.push(error);
    },
  });
}

async function round(rounds: MachineRounds): Promise<ReadonlyMap<HostId, string | null>> {
  machine.pass(500);
  nowMs += 500;
  const [shared] = await readSharedMachines(test.database, ['simulated']);
  return shared === undefined ? new Map() : rounds.round(shared);
}

async function repeat(count: number, rounds: MachineRounds): Promise<void> {
  for (let index = 0; index < count; index += 1) await round(rounds);
}

function wants(h1: number, h2: number): void {
  machine.hosts[0]!.wants = h1;
  machine.hosts[1]!.wants = h2;
}

const limits = () => machine.hosts.map(({ limit }) => limit);
const taken = async () =>
  (await sql<{ host_id: string }>`select host_id from rebalanced_hosts order by 1`.execute(test.database)).rows.map(
    ({ host_id }) => host_id,
  );

describe('a machine that hosts contend for', () => {
  it('is shared by priority, follows a change in one round, and is given back when there is enough', async () => {
    await activate('h1', 75);
    await activate('h2', 25);
    wants(2, 2);
    const rounds = process();
    await repeat(5, rounds);
    expect(limits()).toEqual([1.5, 0.5]);
    await activate('h1', 25);
    await activate('h2', 75);
    await round(rounds);
    expect(limits()).toEqual([0.5, 1.5]);
    wants(0.3, 0.3);
    await repeat(12, rounds);
    expect(limits()).toEqual([null, null]);
    expect(await taken()).toEqual([]);
    expect(failures).toEqual([]);
  });

  it('is left alone while there is enough', async () => {
    wants(0.5, 0.5);
    await repeat(5, process());
    expect(provider.resized).toEqual([]);
    expect(await taken()).toEqual([]);
  });

  it('is audited when something is first taken from a host and when it is given back, and not in between', async () => {
    wants(2, 2);
    const rounds = process();
    await repeat(5, rounds);
    await activate('h1', 90);
    await repeat(3, rounds);
    wants(0.1, 0.1);
    await repeat(12, rounds);
    const { items } = await listAudit(test.database, { resource: 'host/h1', limit: 10 });
    expect(items.filter(({ action }) => action === 'host:resize').slice(0, 2)).toMatchObject([
      { actor: rebalancer, cause: 'contention', detail: { after: { cpu_cores: null } } },
      { actor: rebalancer, cause: 'contention', detail: { before: { cpu_cores: null }, after: { cpu_cores: 1 } } },
    ]);
  });

  it.each(['beforeResize', 'afterResize'] as const)(
    'is given back whole when a process was killed: %s',
    async (point) => {
      await activate('h1', 75);
      await activate('h2', 25);
      machine.hosts[0]!.limit = 1.8;
      wants(2, 2);
      provider[point] = async () => {
        throw new Error('killed');
      };
      for (let kill = 0; kill < 4; kill += 1) await repeat(3, process());
      provider[point] = async () => undefined;
      const next = process();
      await repeat(5, next);
      expect(limits()).toEqual([1.5, 0.5]);
      wants(0.1, 0.1);
      await repeat(12, next);
      expect(limits()).toEqual([1.8, null]);
      expect(await taken()).toEqual([]);
    },
  );

  it('keeps for a host what somebody else made it have meanwhile', async () => {
    wants(2, 2);
    const rounds = process();
    await repeat(5, rounds);
    expect(limits()).toEqual([1, 1]);
    machine.hosts[0]!.limit = 0.7;
    await repeat(5, rounds);
    expect(limits()).toEqual([0.7, 1.3]);
    wants(0.1, 0.1);
    await repeat(12, rounds);
    expect(limits()).toEqual([0.7, null]);
  });

  it('takes the fence of now, and is no failure when a host was leased in between', async () => {
    wants(2, 2);
    const rounds = process();
    await round(rounds);
    provider.fences.set('h1', 8n);
    await repeat(3, rounds);
    expect([limits()[0], limits()[1], failures]).toEqual([null, expect.any(Number), []]);
    await sql`update fleet set fence = 8 where host_id = 'h1'`.execute(test.database);
    await repeat(3, rounds);
    expect(limits()).toEqual([1, 1]);
  });

  it('is not resized where its provider cannot, or knows of no machine', async () => {
    wants(2, 2);
    provider.can = ['snapshot'];
    await repeat(5, process());
    provider.can = ['resize'];
    await sql`update fleet set machine = 'm2'`.execute(test.database);
    await repeat(5, process());
    expect(provider.resized).toEqual([]);
  });

  it('is given back also when its other hosts have left it', async () => {
    wants(2, 2);
    const rounds = process();
    await repeat(5, rounds);
    await sql`update fleet set machine = null where host_id = 'h2'`.execute(test.database);
    await repeat(12, rounds);
    expect(limits()).toEqual([null, 1]);
    expect(await taken()).toEqual(['h2']);
  });

  it('is given back also when a resize lands long after it was asked for', async () => {
    machine.hosts[0]!.limit = 1.8;
    wants(2, 2);
    const { promise: landing, resolve: land } = Promise.withResolvers<void>();
    let isFirst = true;
    provider.beforeResize = async ({ hostId }) => {
      if (hostId !== 'h1' || !isFirst) return;
      isFirst = false;
      await landing;
    };
    const rounds = process();
    await repeat(5, rounds);
    expect(failures).toMatchObject([{ code: 'provider_failed' }]);
    wants(0.1, 0.1);
    await repeat(12, rounds);
    expect(await taken()).toContain('h1');
    land();
    await repeat(12, rounds);
    expect(limits()).toEqual([1.8, null]);
    expect(await taken()).toEqual([]);
  });

  it('has memory divided too, and never below what is in use', async () => {
    provider.used.set('h1', 3_000).set('h2', 900);
    await round(process());
    expect(provider.resized.toSorted((one, other) => (one.name < other.name ? -1 : 1))).toEqual([
      { name: 'h1', allocation: { memoryMb: 3_750 } },
      { name: 'h2', allocation: { memoryMb: 1_125 } },
    ]);
  });
});

describe('a host that cannot have what its goals need', () => {
  const goal = {
    key: 'goal:web:latency:0',
    type: 'goal' as const,
    severity: 'warning',
    instance: 'web',
    message: 'latency_p95_ms is 80, and the goal is at most 50',
    raised_at: '2026-11-25T10:00:00.000Z',
    cleared_at: null,
  };
  const alerts = async () =>
    (await listAlerts(test.database, { limit: 10, active: true })).items.filter(({ type }) => type === 'contention');

  it('has it no more once nobody shares its machine', async () => {
    await activate('h1', 25);
    await activate('h2', 75);
    wants(1.6, 2);
    const rounds = process();
    const teller = new ContentionTeller(test.database, rebalancer);
    await writeAlerts(test.database, new Map([['h1', [[goal]]]]));
    for (let index = 0; index < 6; index += 1) await teller.tell(await round(rounds), nowMs);
    expect(await alerts()).toHaveLength(1);
    await sql`update fleet set machine = 'm2' where host_id = 'h2'`.execute(test.database);
    // By whoever takes the machine over, as nobody looked at it for a while.
    const [another, next] = [new ContentionTeller(test.database, rebalancer), process()];
    for (let index = 0; index < 40; index += 1) await another.tell(await round(next), nowMs);
    expect(await alerts()).toEqual([]);
  });

  it('has an alert that says what it would need and who has it, until it has it', async () => {
    await activate('h1', 25);
    await activate('h2', 75);
    wants(1.6, 2);
    const rounds = process();
    const teller = new ContentionTeller(test.database, rebalancer);
    const look = async (count: number) => {
      for (let index = 0; index < count; index += 1) await teller.tell(await round(rounds), nowMs);
    };
    await look(5);
    expect(await alerts()).toEqual([]);
    await writeAlerts(test.database, new Map([['h1', [[goal]]]]));
    await look(1);
    const [alert, ...others] = await alerts();
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      host_id: 'h1',
      message:
        'h1 needs about 1.6 cores, has 0.5; the machine has 2.0 and h2 (priority 75) holds 1.5: latency_p95_ms is 80, and the goal is at most 50',
    });
    // What the host reports next neither ends it nor makes another.
    await writeAlerts(test.database, new Map([['h1', [[goal]]]]));
    await look(1);
    expect((await alerts()).map(({ alert_id }) => alert_id)).toEqual([alert!.alert_id]);
    wants(1.6, 0.1);
    await look(12);
    expect(await alerts()).toHaveLength(1);
    await look(20);
    expect(await alerts()).toEqual([]);
  });

  it('has one cleared that another process raised', async () => {
    const raised = new ContentionTeller(test.database, rebalancer);
    await raised.tell(new Map([[parseHostId('h1'), 'h1 needs more']]), 0);
    expect(await alerts()).toHaveLength(1);
    const next = new ContentionTeller(test.database, rebalancer);
    await next.tell(new Map([[parseHostId('h1'), null]]), 50_000);
    expect(await alerts()).toHaveLength(1);
    await next.tell(new Map([[parseHostId('h1'), null]]), 60_000);
    expect(await alerts()).toEqual([]);
  });

  it('is told when its own limit, and nobody else, keeps it from more', async () => {
    machine.hosts[0]!.limit = 0.5;
    wants(1, 0.1);
    await writeAlerts(test.database, new Map([['h1', [[goal]]]]));
    const rounds = process();
    await repeat(2, rounds);
    expect((await round(rounds)).get(parseHostId('h1'))).toBe(
      'h1 needs about 1.0 cores, has 0.5; the machine has 2.0 and 1.4 to spare, its limit is its own: latency_p95_ms is 80, and the goal is at most 50',
    );
  });
});

describe('several processes', () => {
  /** Time of the simulated machine passes as that of the real one does. */
  function start(through = new SimulatedProvider(machine)): SimulatedProvider {
    let lastMs = performance.now();
    const usage = through.usage.bind(through);
    through.usage = (name) => {
      const passedMs = performance.now() - lastMs;
      lastMs += passedMs;
      machine.pass(passedMs);
      return usage(name);
    };
    running.push(
      startRebalancer({
        database: test.database,
        databaseUrl: test.url,
        providers: new Map([[through.name, through]]),
        onFailure: (error) => failures.push(error),
        periodMs: 20,
      }),
    );
    return through;
  }

  it('one of them shares out a machine, and when it ends another does', async () => {
    await publish('small', 'required_cores: 0.8\n');
    await activate('h1', 75, 'large');
    await activate('h2', 25, 'small');
    wants(2, 2);
    const first = start();
    await vi.waitFor(() => expect(limits()).toEqual([expect.closeTo(1.2), expect.closeTo(0.8)]), 10_000);
    const second = start();
    await sql`update host_adaptations set candidates = '[]'`.execute(test.database);
    await vi.waitFor(() => expect(limits()).toEqual([1, 1]), 10_000);
    expect([first.asked > 0, second.asked]).toEqual([true, 0]);
    await running[0]!.stop();
    await activate('h1', 25);
    await activate('h2', 75);
    await vi.waitFor(() => expect(limits()).toEqual([0.5, 1.5]), 10_000);
    expect(failures).toEqual([]);
  });

  it('another takes over from one whose connection to the database breaks, and the first goes on beside it', async () => {
    const first = start();
    await vi.waitFor(() => expect(first.asked).toBeGreaterThan(0), 10_000);
    const second = start();
    const kill = () =>
      sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and pid <> pg_backend_pid()`.execute(
        test.database,
      );
    await vi.waitFor(async () => {
      await kill();
      expect(second.asked).toBeGreaterThan(0);
    }, 20_000);
    wants(2, 2);
    await vi.waitFor(() => expect(limits()).toEqual([1, 1]), 10_000);
  });

  it('tells a failure once, however often it is tried again', async () => {
    const failing = new SimulatedProvider(machine);
    failing.capabilities = async () => {
      failing.asked += 1;
      throw new GuiseError('provider_failed', 'Cannot say');
    };
    start(failing);
    await vi.waitFor(() => expect(failing.asked).toBeGreaterThan(10), 10_000);
    expect(failures).toMatchObject([{ code: 'provider_failed' }]);
  });
});
