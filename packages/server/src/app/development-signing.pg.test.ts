/** A control plane without a root of its authors signs itself: what is published, what was there before, and ways back. */
import { join } from 'node:path';
import { decodeEnvelope, type Opened, openPersona, openRollback } from '@guise/decide/trust';
import { GuiseError, limits, parsePersonaId } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import type { PersonaStatement, RollbackStatement } from '@guise/model/trust';
import { verifySignature } from '@guise/trust/signing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymous } from '../permissions/principal.ts';
import { insertVersion } from '../store/personas.ts';
import { readRollbacks } from '../store/rollback-statements.ts';
import { TestDatabase } from '../store/test-database.ts';
import { openVault, type Vault } from '../store/vault.ts';
import { findSignature, readEnvelopes } from '../store/version-envelopes.ts';
import { personaText } from '../test-server.ts';
import type { Caller } from './caller.ts';
import { publishPersona } from './publish-persona.ts';
import { publishedPersona } from './published-persona.ts';
import { rollbackPersona } from './rollback-persona.ts';
import { establishTrust, type Trust } from './served-trust.ts';
import { settleDesired } from './settle-desired.ts';
import { signEarlierVersions } from './sign-earlier-versions.ts';

const test = new TestDatabase();
const startMs = Date.parse('2026-11-25T09:00:00Z');
const caller: Caller = { actor: 'alice', action: 'persona:publish', principal: anonymous };
let nowMs = startMs;
let vault: Vault;
let trust: Trust;

beforeAll(async () => {
  await test.start();
  vault = openVault(join(test.directory, 'master.key'));
  trust = await trustNow();
});
afterAll(() => test.stop());

function trustNow(): Promise<Trust> {
  return establishTrust({ database: test.database, vault, given: null, nowMs: () => nowMs });
}

const resolved = (id: string, swappiness: number) => ({
  own: parseDocument(personaText(id, swappiness), `${id}.yaml`),
  ancestors: [],
});
const publish = (id: string, swappiness: number) =>
  publishPersona(test.database, { trust, caller }, { persona: resolved(id, swappiness), signed: null });

async function opened(id: string, version: number): Promise<Opened<PersonaStatement>> {
  const { root, environment } = await trust.served(test.database);
  const envelopes = await readEnvelopes(test.database, [{ persona_id: id, version }]);
  const envelope = decodeEnvelope(envelopes.get(`${id}@${version}`) ?? '');
  return openPersona(envelope, root, { environment, nowMs, verify: verifySignature });
}

it('has one key for its database, whoever starts', async () => {
  const [one, other] = await Promise.all([trustNow(), trustNow()]);
  const served = await one.served(test.database);
  expect(served).toMatchObject({ organization: 'local', environment: 'development' });
  expect((await other.served(test.database)).key?.keyId).toBe(served.key?.keyId);
});

describe('what is published', () => {
  it('is signed, each version on top of the one before', async () => {
    await publish('web', 1);
    await publish('web', 2);
    const [first, second] = [await opened('web', 1), await opened('web', 2)];
    expect(first.statement.previous).toBeNull();
    expect(second.statement).toMatchObject({ version: 2, previous: first.digest });
    expect(second.signers).toEqual(['development']);
    expect(second.expiresAt).toBe(new Date(startMs + limits.signatureLifeMs).toISOString());
  });

  it('keeps its version until half of its signature’s life is over, and then is a new one of the same content', async () => {
    const before = await publish('web', 2);
    nowMs = startMs + limits.signatureLifeMs / 2;
    expect(await publish('web', 2)).toEqual(before);
    nowMs += 1;
    const renewed = await publish('web', 2);
    expect(renewed).toEqual({ ...before, version: 3, created: true });
    expect((await opened('web', 3)).statement.previous).toBe((await opened('web', 2)).digest);
    expect(await publish('web', 2)).toEqual({ ...renewed, created: false });
  });
});

describe('versions of before there were signatures', () => {
  it('are signed at the next start, and by one that was killed half-way not twice', async () => {
    await test.database.transaction().execute(async (tx) => {
      for (const id of ['old-a', 'old-b'])
        for (const version of [1, 2])
          await insertVersion(tx, version, publishedPersona(resolved(id, version), 'alice'));
    });
    let looks = 0;
    const dying: Trust = {
      ...trust,
      nowMs: () => {
        looks += 1;
        if (looks > 1) throw new GuiseError('server_failed', 'killed');
        return nowMs;
      },
    };
    await expect(signEarlierVersions(test.database, dying)).rejects.toThrow('killed');
    const ids = ['old-a', 'old-b'].map(parsePersonaId);
    const signedNow = () => Promise.all(ids.map((id) => findSignature(test.database, id, 2)));
    const half = await signedNow();
    expect(half.filter((signature) => signature !== null)).toHaveLength(1);
    expect(await signEarlierVersions(test.database, trust)).toEqual([]);
    for (const id of ids) {
      const [first, second] = [await opened(id, 1), await opened(id, 2)];
      expect(second.statement).toMatchObject({ persona_id: id, version: 2, previous: first.digest });
    }
    const whole = await signedNow();
    expect(whole).toEqual(expect.arrayContaining(half.filter((signature) => signature !== null)));
    expect(await signEarlierVersions(test.database, trust)).toEqual([]);
    expect(await signedNow()).toEqual(whole);
  });
});

describe('a way back', () => {
  const hosts = Array.from({ length: limits.hostsPerRollback + 1 }, (_, index) => `h${String(index).padStart(3, '0')}`);

  async function permissions(): Promise<ReadonlyMap<string, RollbackStatement>> {
    const settled = await settleDesired(test.database, trust, hosts);
    const ids = new Map(
      [...settled].flatMap(([id, { layers }]) => (layers[0]?.rollback ? [[id, layers[0].rollback]] : [])),
    );
    const envelopes = await readRollbacks(test.database, [...new Set(ids.values())]);
    const { root, environment } = await trust.served(test.database);
    const statementOf = (id: string) =>
      openRollback(decodeEnvelope(envelopes.get(id) ?? ''), root, { environment, nowMs, verify: verifySignature });
    return new Map([...ids].map(([host, id]) => [host, statementOf(id).statement]));
  }

  it('is signed for the hosts that are to go it, some at a time, and anew each time', async () => {
    for (const host_id of hosts)
      await test.database.insertInto('hosts').values({ host_id, tags: '{"role":"app"}', facts: '{}' }).execute();
    await publish('app', 1);
    await publish('app', 2);
    await test.database
      .insertInto('assignments')
      .values({
        target_type: 'tag',
        target: 'role=app',
        instance: 'app',
        persona_id: 'app',
        parameters: '{}',
        priority: null,
        version: null,
        assigned_by: 'alice',
      })
      .execute();
    expect((await permissions()).size).toBe(0);
    const to = (version: number) =>
      rollbackPersona(test.database, { trust, caller }, parsePersonaId('app'), { to: version });
    await to(1);
    const first = await permissions();
    expect([...first.keys()].sort()).toEqual(hosts);
    expect(first.get('h000')).toMatchObject({ persona_id: 'app', from: 2, to: 1 });
    const statements = new Map([...first.values()].map((statement) => [statement.id, statement.hosts]));
    expect([...statements.values()].map(({ length }) => length)).toEqual(
      expect.arrayContaining([1, limits.hostsPerRollback]),
    );
    expect([...statements.values()].flat().sort()).toEqual(hosts);
    expect(await permissions()).toEqual(first);
    await to(2);
    expect((await permissions()).size).toBe(0);
    await to(1);
    const second = await permissions();
    expect([...second.keys()].sort()).toEqual(hosts);
    expect(second.get('h000')?.id).not.toBe(first.get('h000')?.id);
  });
});
