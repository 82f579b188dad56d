/** Spares: as many as the policy says, with what it says, wherever hosts wait; who wants just that has it at once. */

import { parsePersonaId } from '@guise/model';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { endActivation } from '../app/activations.ts';
import { changePool } from '../app/pools.ts';
import { TestPool } from '../flows/activation/test-pool.ts';
import { sparesOf } from '../store/activations.ts';
import { findPool, type PoolPolicy } from '../store/pools.ts';
import { keepWarm, type WarmKeeper } from './keep-warm.ts';

const pool = new TestPool();
const patience = { timeout: 10_000, interval: 20 };
const some = { cpu_cores: 2, memory_mb: 4096, storage_gb: 50 };
let keepers: WarmKeeper[] = [];

beforeAll(async () => {
  await pool.start();
  await pool.publish('guise: persona/v1\npersona_id: web\nparameters: {port: {type: integer, default: 80}}\n');
  await pool.publish('guise: persona/v1\npersona_id: db\n');
});
afterAll(() => pool.stop());
beforeEach(() => {
  pool.answer = () => ({ result: 'committed', error: null });
  pool.run();
  keep();
});
afterEach(async () => {
  await Promise.all(keepers.map((keeper) => keeper.stop()));
  keepers = [];
  await pool.stopRunners();
});

function keep(): void {
  const onFailure = (error: unknown) => pool.failures.push(error);
  keepers.push(keepWarm({ database: pool.database, listener: pool.listener, onFailure }));
}
const set = (id: string, policy: Omit<PoolPolicy, 'persona_id'> & { readonly persona?: string }) => {
  const { persona, ...rest } = policy;
  const whole = persona === undefined ? rest : { ...rest, persona_id: parsePersonaId(persona) };
  return changePool(pool.database, pool.caller, id, whole);
};
const ready = (id: string, count: number) =>
  vi.waitFor(async () => {
    expect((await findPool(pool.database, id))?.warm).toBe(count);
    expect(await sparesOf(pool.database, id)).toHaveLength(count);
  }, patience);

describe('a pool that keeps hosts ready', () => {
  it('has so many idle hosts with the persona on them, whoever looks, and no more', async () => {
    const id = await pool.make([some, some, some]);
    keep();
    keep();
    await set(id, { warm: 2, persona: 'web' });
    await ready(id, 2);
    expect(await Promise.all(['a', 'b', 'c'].map((host) => pool.instances(`${id}-${host}`)))).toEqual([
      ['web'],
      ['web'],
      [],
    ]);
    expect((await findPool(pool.database, id))?.hosts).toMatchObject({ idle: 3, production: 0 });
    expect((await pool.host(`${id}-a`)).free.cpu_cores).toBe(2);
    expect(pool.failures).toEqual([]);
  });

  it('gives one at once to whoever wants just that, and makes another ready', async () => {
    const id = await pool.make([some, some]);
    await set(id, { warm: 1, persona: 'web', parameters: { port: 81 } });
    await ready(id, 1);
    const [spare] = await sparesOf(pool.database, id);
    const activation = await pool.request(id, { persona: 'web', parameters: { port: 81 } });
    expect(activation).toMatchObject({
      activation_id: spare?.activation_id,
      state: 'active',
      spare: false,
      requested_by: 'tester',
      host_id: `${id}-a`,
    });
    expect((await pool.host(`${id}-a`)).state).toBe('production');
    await ready(id, 1);
    expect((await sparesOf(pool.database, id))[0]?.host_id).toBe(`${id}-b`);
    await endActivation(pool.database, pool.caller, activation.activation_id);
    await vi.waitFor(async () => expect((await pool.host(`${id}-a`)).state).toBe('idle'), patience);
    expect(await pool.instances(`${id}-a`)).toEqual([]);
  });

  it('gives a spare up for something else when no other host is left', async () => {
    const id = await pool.make([some]);
    await set(id, { warm: 1, persona: 'web' });
    await ready(id, 1);
    const { activation_id } = await pool.request(id, { persona: 'db' });
    await vi.waitFor(async () => expect((await pool.activation(activation_id)).state).toBe('active'), patience);
    expect(await pool.instances(`${id}-a`)).toEqual(['db']);
    await ready(id, 0);
  });

  it('follows its policy: fewer, others, none', async () => {
    const id = await pool.make([some, some]);
    await set(id, { warm: 2, persona: 'web' });
    await ready(id, 2);
    await set(id, { warm: 1, persona: 'db' });
    await vi.waitFor(async () => {
      const spares = await sparesOf(pool.database, id);
      expect(spares.map(({ persona_id, state }) => [persona_id, state])).toEqual([['db', 'warm']]);
    }, patience);
    await set(id, { warm: 0 });
    await ready(id, 0);
    await vi.waitFor(async () => {
      expect([await pool.instances(`${id}-a`), await pool.instances(`${id}-b`)]).toEqual([[], []]);
      expect((await findPool(pool.database, id))?.hosts.idle).toBe(2);
    }, patience);
  });

  it('does not try a host again and again on which it fails', async () => {
    const id = await pool.make([some]);
    pool.answer = (_host, instances) =>
      instances.length > 0
        ? { result: 'rolled_back', error: { code: 'health_failed', message: 'its test failed', problems: [] } }
        : { result: 'committed', error: null };
    await set(id, { warm: 1, persona: 'web' });
    const made = () => pool.database.selectFrom('activations').select('state').where('pool_id', '=', id).execute();
    await vi.waitFor(async () => expect(await made()).toEqual([{ state: 'failed' }]), patience);
    await set(id, { warm: 1, persona: 'web' });
    keep();
    const other = await pool.request(id, { persona: 'db' });
    await vi.waitFor(async () => expect((await pool.activation(other.activation_id)).state).toBe('failed'), patience);
    expect(await made()).toHaveLength(2);
    expect((await pool.host(`${id}-a`)).state).toBe('idle');
  });
});
