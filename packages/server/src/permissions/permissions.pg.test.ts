/** What is read for a decision: nothing where policies make no difference, and otherwise everything in one go, and not twice. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../store/database.ts';
import { TestDatabase } from '../store/test-database.ts';
import { Permissions } from './permissions.ts';
import { PolicyEngine } from './policy-engine.ts';
import type { Asker } from './principal.ts';

const test = new TestDatabase();
const queries: string[] = [];
let database: Database;
let permissions: Permissions;
let engine: PolicyEngine;

/** Counts what it is asked. */
class CountingEngine extends PolicyEngine {
  asked = 0;

  override permits(...question: Parameters<PolicyEngine['permits']>): boolean {
    this.asked += 1;
    return super.permits(...question);
  }
}

beforeAll(async () => {
  await test.start();
  await sql`insert into hosts (host_id, tags, facts) select 'h' || n, jsonb_build_object('shard', (n % 4)::text), '{}'
    from generate_series(1, 10000) as n`.execute(test.database);
  database = test.database.withPlugin({
    transformQuery: ({ node }) => {
      queries.push(node.kind);
      return node;
    },
    transformResult: async ({ result }) => result,
  });
});
afterAll(() => test.stop());
beforeEach(() => {
  engine = new CountingEngine();
  permissions = new Permissions(database, engine);
  queries.length = 0;
});

const bearer = (...roles: string[]): Asker => ({
  type: 'Program',
  id: 'ci',
  actor: 'ci',
  roles,
  scope: null,
  tokenId: null,
  expiresAt: null,
});
const doing = (principal: Asker) => ({ principal, action: 'host:read' }) as const;
const hosts = Array.from({ length: 10_000 }, (_, index) => `h${index + 1}`);
const visibleTo = (principal: Asker, names = hosts) =>
  permissions.visible(doing(principal), names, (id) => ({ type: 'Host', id }));
const asked = () => (engine as CountingEngine).asked;

describe('a list of 10,000 hosts', () => {
  it('is not looked at host by host for whoever may see all or none of them', async () => {
    expect(await visibleTo(bearer('viewer'))).toHaveLength(10_000);
    expect([asked(), queries.length]).toEqual([0, 0]);
  });

  it('costs one query for whoever may see a part of a page, and none soon after', async () => {
    const limited: Asker = { ...bearer('viewer'), scope: { tags: ['shard=1'] } };
    expect(await visibleTo(limited, hosts.slice(0, 500))).toHaveLength(125);
    expect([asked(), queries.length]).toEqual([500, 1]);
    await visibleTo(limited, hosts.slice(0, 500));
    expect(queries).toHaveLength(1);
    permissions.forget();
    await visibleTo(limited, hosts.slice(0, 500));
    expect(queries).toHaveLength(2);
  });
});

describe('one host', () => {
  it('is asked for inside a transaction as it is there', async () => {
    const limited: Asker = { ...bearer('viewer'), scope: { tags: ['shard=9'] } };
    const h1 = { type: 'Host', id: 'h1' } as const;
    await expect(permissions.require(doing(limited), [h1])).rejects.toMatchObject({ code: 'not_permitted' });
    await database.transaction().execute(async (tx) => {
      await tx.updateTable('hosts').set({ tags: '{"shard": "9"}' }).where('host_id', '=', 'h1').execute();
      await permissions.require(doing(limited), [h1], undefined, tx);
    });
  });

  it('that is not there is denied in the words of one that is', async () => {
    const limited: Asker = { ...bearer('viewer'), scope: { tags: ['shard=8'] } };
    const wordsOf = async (id: string) =>
      permissions
        .require(doing(limited), [{ type: 'Host', id }])
        .catch((error: Error) => error.message.replace(id, 'ID'));
    expect(await wordsOf('nobody')).toBe(await wordsOf('h2'));
  });
});
