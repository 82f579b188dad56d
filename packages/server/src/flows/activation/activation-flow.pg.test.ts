/** Activations, from the request to service and back, with hosts that fail, vanish and fill up, and with processes that are killed. */
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { endActivation } from '../../app/activations.ts';
import { listAudit } from '../../store/audit.ts';
import { poolHosts } from '../../store/pool-hosts.ts';
import type { FlowPoint } from '../run-flows.ts';
import { TestPool } from './test-pool.ts';

const pool = new TestPool();
const small = { cpu_cores: 2, memory_mb: 4096, storage_gb: 50 };
const large = { cpu_cores: 8, memory_mb: 16_384, storage_gb: 200 };
const patience = { timeout: 10_000, interval: 20 };

beforeAll(async () => {
  await pool.start();
  await pool.publish('guise: persona/v1\npersona_id: web\nrequired_cores: 2\nrequired_ram_gb: 2\n');
  await pool.publish(
    'guise: persona/v1\npersona_id: shop\nparameters: {tenant: {type: string}, cores: {type: integer, default: 1}}\nrequired_cores: "{{ cores }}"\n',
  );
});
afterAll(() => pool.stop());
beforeEach(() => {
  pool.answer = () => ({ result: 'committed', error: null });
  pool.failures.splice(0);
});
afterEach(() => pool.stopRunners());

const failing = (result: 'failed' | 'rolled_back' | 'stuck', message = 'its test failed') => ({
  result,
  error: { code: 'health_failed', message, problems: [] },
});

async function until(activationId: string, state: string) {
  await vi.waitFor(async () => expect((await pool.activation(activationId)).state).toBe(state), patience);
  return pool.activation(activationId);
}
const stateOf = async (host: string) => (await pool.host(host)).state;
const leave = (activationId: string) => endActivation(pool.database, pool.caller, activationId);

describe('an activation', () => {
  it('puts the closest fitting host into service, and gives it back as it was', async () => {
    const id = await pool.make([large, small, { ...small, cpu_cores: 1 }]);
    pool.run();
    const { activation_id, state } = await pool.request(id, { persona: 'web' });
    expect(state).toBe('pending');
    expect(await until(activation_id, 'active')).toMatchObject({ host_id: `${id}-b`, instance: 'web', tries: [] });
    expect(await pool.host(`${id}-b`)).toMatchObject({ state: 'production', free: { cpu_cores: 0 } });
    expect(await pool.instances(`${id}-b`)).toEqual(['web']);
    expect((await leave(activation_id)).state).toBe('deactivating');
    await until(activation_id, 'ended');
    expect(await pool.host(`${id}-b`)).toMatchObject({ state: 'idle', free: { cpu_cores: 2 } });
    expect(await pool.instances(`${id}-b`)).toEqual([]);
    const { items } = await listAudit(pool.database, { resource: `activation/${activation_id}`, limit: 100 });
    expect(items.map(({ actor, detail }) => [actor, (detail as { state: string }).state]).toReversed()).toEqual([
      ['tester', 'pending'],
      [`activation/${activation_id}`, 'activating'],
      [`activation/${activation_id}`, 'active'],
      ['tester', 'deactivating'],
      [`activation/${activation_id}`, 'ended'],
    ]);
    expect(pool.failures).toEqual([]);
  });

  it.each(['rolled_back', 'failed'] as const)(
    'that is %s leaves its host clean, and tries the next',
    async (result) => {
      const id = await pool.make([small, large]);
      pool.answer = (host, instances) =>
        host === `${id}-a` && instances.length > 0 ? failing(result) : { result: 'committed', error: null };
      pool.run();
      const { activation_id } = await pool.request(id, { persona: 'web' });
      const { host_id, tries } = await until(activation_id, 'active');
      expect(host_id).toBe(`${id}-b`);
      expect(tries).toEqual([{ host_id: `${id}-a`, reason: expect.stringContaining('its test failed') as string }]);
      expect(await stateOf(`${id}-a`)).toBe('idle');
      expect(await pool.instances(`${id}-a`)).toEqual([]);
    },
  );

  it('fails when none is left, and says why for each', async () => {
    const id = await pool.make([small, { ...small, cpu_cores: 1 }]);
    pool.answer = (_host, instances) =>
      instances.length > 0 ? failing('rolled_back') : { result: 'committed', error: null };
    pool.run();
    const { activation_id } = await pool.request(id, { persona: 'web' });
    expect((await until(activation_id, 'failed')).tries).toEqual([
      { host_id: `${id}-a`, reason: 'it was rolled back: its test failed' },
      { host_id: `${id}-b`, reason: 'it has 1 cores free, and 2 are needed' },
    ]);
    expect(await stateOf(`${id}-a`)).toBe('idle');
  });

  it('gives up a host that is gone for too long, which gets nothing before it has followed', async () => {
    const id = await pool.make([small, large]);
    pool.answer = (host, instances) =>
      host === `${id}-a` && instances.length > 0 ? null : { result: 'committed', error: null };
    const first = pool.run();
    const { activation_id } = await pool.request(id, { persona: 'web' });
    await until(activation_id, 'activating');
    await pool.lose(`${id}-a`, 120_000);
    await first.stop();
    pool.run({}, 0);
    await until(activation_id, 'active');
    expect((await pool.activation(activation_id)).host_id).toBe(`${id}-b`);
    expect(await stateOf(`${id}-a`)).toBe('idle');
    const second = await pool.request(id, { persona: 'web' });
    expect((await until(second.activation_id, 'failed')).tries[0]).toEqual({
      host_id: `${id}-a`,
      reason: 'its agent is away',
    });
    pool.answer = () => ({ result: 'committed', error: null });
    await pool.find(`${id}-a`);
    await vi.waitFor(async () => {
      const [host] = await poolHosts(pool.database, id);
      expect(host?.settled).toBe(true);
    }, patience);
    const third = await pool.request(id, { persona: 'web' });
    expect((await until(third.activation_id, 'active')).host_id).toBe(`${id}-a`);
  });

  it('quarantines a host that cannot go back, and nothing is put on it', async () => {
    const id = await pool.make([small]);
    pool.answer = () => failing('stuck', 'a file cannot be written');
    pool.run();
    const { activation_id } = await pool.request(id, { persona: 'web' });
    await until(activation_id, 'failed');
    expect(await pool.host(`${id}-a`)).toMatchObject({ state: 'quarantined', health: 'failing' });
    expect((await pool.host(`${id}-a`)).reason).toContain('a file cannot be written');
    pool.answer = () => ({ result: 'committed', error: null });
    const next = await pool.request(id, { persona: 'web' });
    expect((await until(next.activation_id, 'failed')).tries).toEqual([
      { host_id: `${id}-a`, reason: 'it is quarantined' },
    ]);
  });

  it('that nobody wants any more while it is under way leaves nothing behind', async () => {
    const id = await pool.make([small]);
    pool.answer = (_host, instances) => (instances.length > 0 ? null : { result: 'committed', error: null });
    pool.run();
    const { activation_id } = await pool.request(id, { persona: 'web' });
    await until(activation_id, 'activating');
    expect(await stateOf(`${id}-a`)).toBe('activating');
    await leave(activation_id);
    await until(activation_id, 'ended');
    expect(await stateOf(`${id}-a`)).toBe('idle');
    expect(await pool.instances(`${id}-a`)).toEqual([]);
  });

  it('waits for a host on which something else ends just now', async () => {
    const id = await pool.make([small]);
    pool.run();
    const first = await pool.request(id, { persona: 'web' });
    await until(first.activation_id, 'active');
    pool.answer = () => null;
    await leave(first.activation_id);
    const second = await pool.request(id, { persona: 'web' });
    pool.answer = () => ({ result: 'committed', error: null });
    pool.speak(`${id}-a`);
    await until(second.activation_id, 'active');
    await until(first.activation_id, 'ended');
    expect(await stateOf(`${id}-a`)).toBe('production');
  });

  it('is one host each, however many ask at once', async () => {
    const id = await pool.make([small, small, small, small]);
    pool.run();
    pool.run();
    const asked = await Promise.all(Array.from({ length: 6 }, () => pool.request(id, { persona: 'web' })));
    await vi.waitFor(async () => {
      const now = await Promise.all(asked.map(({ activation_id }) => pool.activation(activation_id)));
      expect(now.map(({ state }) => state).sort()).toEqual([
        'active',
        'active',
        'active',
        'active',
        'failed',
        'failed',
      ]);
      expect(new Set(now.map(({ host_id }) => host_id).filter((host) => host !== null)).size).toBe(4);
    }, patience);
    expect(pool.failures).toEqual([]);
  });
});

describe('tenants', () => {
  it('share a host while it has room for them, each with a name and parameters of its own', async () => {
    const id = await pool.make([small, small]);
    pool.run();
    for (const tenant of ['red', 'blue', 'green']) {
      const { activation_id } = await pool.request(id, { persona: 'shop', tenant });
      await until(activation_id, 'active');
    }
    expect(await pool.instances(`${id}-a`)).toEqual(['shop-blue', 'shop-red']);
    expect(await pool.instances(`${id}-b`)).toEqual(['shop-green']);
    expect((await pool.host(`${id}-a`)).free.cpu_cores).toBe(0);
  });

  it('leave their host in production until the last has left, and never come to one that is not to be shared', async () => {
    const id = await pool.make([small]);
    pool.run();
    const [red, blue] = [
      await pool.request(id, { persona: 'shop', tenant: 'red' }),
      await pool.request(id, { persona: 'shop', tenant: 'blue' }),
    ];
    await until(red.activation_id, 'active');
    await until(blue.activation_id, 'active');
    await leave(red.activation_id);
    await until(red.activation_id, 'ended');
    expect(await stateOf(`${id}-a`)).toBe('production');
    expect(await pool.instances(`${id}-a`)).toEqual(['shop-blue']);
    await leave(blue.activation_id);
    await until(blue.activation_id, 'ended');
    expect(await stateOf(`${id}-a`)).toBe('idle');
    const alone = await pool.request(id, { persona: 'shop', parameters: { tenant: 'x' } });
    await until(alone.activation_id, 'active');
    const late = await pool.request(id, { persona: 'shop', tenant: 'late' });
    expect((await until(late.activation_id, 'failed')).tries).toEqual([
      { host_id: `${id}-a`, reason: 'it is in production, and not to be shared' },
    ]);
  });

  it('that fail take nothing from the others', async () => {
    const id = await pool.make([small]);
    pool.answer = (_host, instances) =>
      instances.includes('shop-blue') ? failing('rolled_back') : { result: 'committed', error: null };
    pool.run();
    const red = await pool.request(id, { persona: 'shop', tenant: 'red' });
    await until(red.activation_id, 'active');
    const blue = await pool.request(id, { persona: 'shop', tenant: 'blue' });
    await until(blue.activation_id, 'failed');
    expect(await stateOf(`${id}-a`)).toBe('production');
    expect(await pool.instances(`${id}-a`)).toEqual(['shop-red']);
  });
});

describe('a process that is killed', () => {
  const steps = ['choose', 'follow', 'verify', 'return', 'leave'] as const;
  const points = ['before', 'acted', 'said'] as const;

  it.each(steps.flatMap((step) => points.map((point) => [step, point] as const)))(
    'at %s, %s, leaves nothing undone: one host is activated, and given back',
    async (step, point) => {
      const id = await pool.make([small, large]);
      // The first fails, so that every step is taken.
      pool.answer = (host, instances) =>
        host === `${id}-a` && instances.length > 0 ? failing('rolled_back') : { result: 'committed', error: null };
      let isKilled = false;
      const at = (reached: FlowPoint, _kind: string, name: string) => {
        if (isKilled || reached !== point || name !== step) return;
        isKilled = true;
        throw new Error('killed');
      };
      pool.run({ at });
      pool.run({ at });
      const { activation_id } = await pool.request(id, { persona: 'web' });
      expect((await until(activation_id, 'active')).host_id).toBe(`${id}-b`);
      expect([await stateOf(`${id}-a`), await stateOf(`${id}-b`)]).toEqual(['idle', 'production']);
      expect([await pool.instances(`${id}-a`), await pool.instances(`${id}-b`)]).toEqual([[], ['web']]);
      await leave(activation_id);
      await until(activation_id, 'ended');
      expect([await stateOf(`${id}-a`), await stateOf(`${id}-b`)]).toEqual(['idle', 'idle']);
      expect(await pool.instances(`${id}-b`)).toEqual([]);
      expect(isKilled).toBe(true);
      expect(pool.failures).toEqual([new Error('killed')]);
      await vi.waitFor(async () => {
        const open = await pool.database
          .selectFrom('flows')
          .select('flow_id')
          .where('ended_at', 'is', null)
          .where(sql<boolean>`data->>'activation_id' = ${activation_id}`)
          .execute();
        expect(open).toEqual([]);
      }, patience);
    },
  );
});
