/** The audit over HTTP: what each mutation leaves in it, filters, and all that it takes to verify it elsewhere. */
import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { entryBytes, leafHash, verifyConsistency, verifyInclusion } from '@guise/decide/audit';
import { digestOfJson, parseHostId, parsePersonaId } from '@guise/model';
import { openCheckpoint } from '@guise/trust/checkpoint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personaText, TestServer } from '../test-server.ts';

const server = new TestServer({ checkpointPeriodMs: 50 });
beforeAll(() => server.start());
afterAll(() => server.stop());

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64');
const h1 = { host_id: parseHostId('h1') };
const web = parsePersonaId('web');

/** Newest first. */
async function entriesOf(resource: string) {
  return (await server.api.listAudit({ query: { resource, limit: 100 } })).items;
}

async function newestOf(resource: string) {
  const [entry] = await entriesOf(resource);
  return entry;
}

/** Until all that was done is signed. */
async function signed() {
  const { items } = await server.api.listAudit({ query: { limit: 1 } });
  for (;;) {
    const page = await server.api.exportAudit();
    if (page.newest?.size === page.size && page.entries.at(-1)?.sequence === items[0]?.sequence) return page;
    await sleep(20);
  }
}

describe('an entry has digests of before and after', () => {
  beforeAll(async () => {
    await server.enrol('h1');
    await server.api.publishPersona({ body: { document: personaText('web', 1) } });
  });

  it('when a persona is published, taken back and deleted', async () => {
    const other = personaText('brief', 1);
    const first = await server.api.publishPersona({ body: { document: other } });
    expect(await newestOf('persona/brief')).toMatchObject({ before: null, after: first.digest });
    const second = await server.api.publishPersona({ body: { document: personaText('brief', 2) } });
    expect(await newestOf('persona/brief')).toMatchObject({ before: first.digest, after: second.digest });
    const params = { persona_id: parsePersonaId('brief') };
    await server.api.rollbackPersona({ params, body: { to: 1 } });
    expect(await newestOf('persona/brief')).toMatchObject({ before: second.digest, after: first.digest });
    await server.api.deletePersona({ params });
    expect(await newestOf('persona/brief')).toMatchObject({ before: first.digest, after: null });
    await server.api.publishPersona({ body: { document: other } });
    expect(await newestOf('persona/brief')).toMatchObject({ before: null, after: first.digest });
  });

  it('when hosts are tagged, assigned to, and deleted', async () => {
    await server.api.putHostTags({ params: h1, body: { tags: { role: 'web' } } });
    const tagged = await newestOf('host/h1');
    expect(tagged).toMatchObject({ before: digestOfJson({}), after: digestOfJson({ role: 'web' }) });
    await server.api.assignToHost({ params: { ...h1, persona_id: web }, body: {} });
    const assigned = await newestOf('host/h1');
    expect(assigned).toMatchObject({ action: 'host:assign', before: digestOfJson([]) });
    await server.api.assignToHost({ params: { ...h1, persona_id: web }, body: { priority: 70 } });
    const changed = await newestOf('host/h1');
    expect(changed).toMatchObject({ before: assigned?.after });
    expect(changed?.after).not.toBe(changed?.before);
    await server.api.unassignFromHost({ params: { ...h1, persona_id: web } });
    expect(await newestOf('host/h1')).toMatchObject({ before: changed?.after, after: digestOfJson([]) });
    await server.enrol('h2');
    await server.api.deleteHost({ params: { host_id: parseHostId('h2') } });
    expect(await newestOf('host/h2')).toMatchObject({ before: expect.stringMatching(/^sha256:/), after: null });
  });

  it('when groups change', async () => {
    await server.api.putHostGroup({ params: { group: 'rack' }, body: { hosts: [h1.host_id] } });
    await server.api.putHostGroup({ params: { group: 'rack' }, body: { hosts: [] } });
    await server.api.putPersonaGroup({ params: { group: 'edge' }, body: { personas: [web] } });
    expect((await entriesOf('group/rack')).map(({ before, after }) => [before, after])).toEqual([
      [digestOfJson(['h1']), digestOfJson([])],
      [digestOfJson([]), digestOfJson(['h1'])],
    ]);
    expect(await newestOf('persona-group/edge')).toMatchObject({
      before: digestOfJson([]),
      after: digestOfJson(['web']),
    });
  });

  it('when tokens come and go, and never the token', async () => {
    const { token, token_id } = await server.api.createToken({ body: { name: 'ci', roles: ['viewer', 'author'] } });
    await server.api.deleteToken({ params: { token_id } });
    const [gone, come] = await entriesOf(`token/${token_id}`);
    expect(come).toMatchObject({ before: null, after: expect.stringMatching(/^sha256:/) });
    expect(gone).toMatchObject({ before: come?.after, after: null, detail: { name: 'ci' } });
    const { join_token } = await server.api.createJoinToken({ body: {} });
    const text = JSON.stringify(await signed());
    for (const secret of [token, join_token, server.running.adminToken]) expect(text).not.toContain(secret);
  });

  it('when a role is given, given again, and taken back', async () => {
    const body = { role: 'viewer', subject_type: 'group', subject: 'sre' } as const;
    await server.api.grantRole({ body });
    await server.api.grantRole({ body });
    await server.api.revokeRole({ body });
    const [back, again, given] = await entriesOf('role/viewer');
    expect(given).toMatchObject({ before: null, after: expect.stringMatching(/^sha256:/) });
    expect(again).toMatchObject({ before: given?.after, after: given?.after });
    expect(back).toMatchObject({ before: given?.after, after: null });
  });

  it('when something is asked of an agent that is away: it failed, and nothing is other than before', async () => {
    const body = { instance: 'web', for: '1h', reason: 'a test' } as const;
    await expect(server.api.createHold({ params: h1, body })).rejects.toMatchObject({ code: 'host_unavailable' });
    const [undone, done] = await entriesOf('host/h1');
    expect(done).toMatchObject({ action: 'host:hold', outcome: 'done', before: null });
    expect(undone).toMatchObject({ outcome: 'failed', before: done?.after, after: null });
    await expect(server.api.rollbackHost({ params: h1, body: {} })).rejects.toMatchObject({ code: 'host_unavailable' });
    const [lifted, suspended] = await entriesOf('host/h1');
    expect(suspended).toMatchObject({ action: 'host:rollback', outcome: 'done' });
    expect(lifted).toMatchObject({ outcome: 'failed', before: suspended?.after, after: suspended?.before });
  });
});

describe('the log', () => {
  it('can be asked for by actor, action, resource and time', async () => {
    const all = await server.api.listAudit({ query: { limit: 500 } });
    const by = async (query: NonNullable<NonNullable<Parameters<typeof server.api.listAudit>[0]>['query']>) =>
      (await server.api.listAudit({ query: { limit: 500, ...query } })).items;
    const expected = (keep: (entry: (typeof all.items)[number]) => boolean) => all.items.filter(keep);
    expect(await by({ actor: 'host/h1' })).toEqual(expected(({ actor }) => actor === 'host/h1'));
    expect(await by({ action: 'host:tag' })).toEqual(expected(({ action }) => action === 'host:tag'));
    expect((await by({ action: 'host:tag' })).length).toBeGreaterThan(0);
    const middle = all.items[5]?.at ?? '';
    expect(await by({ since: middle })).toEqual(expected(({ at }) => at >= middle));
    expect(await by({ since: '2100-01-01T00:00:00Z' })).toEqual([]);
    for (const query of ['since=yesterday', 'limit=0', 'unheard=1'])
      expect((await server.request('GET', `/audit?${query}`)).status).toBe(400);
  });

  it('comes with checkpoints and proofs that hold elsewhere', async () => {
    const page = await signed();
    const { items, key, origin } = await server.api.listAuditCheckpoints();
    expect(page).toMatchObject({ key, origin, next: null, strays: [] });
    const newest = openCheckpoint(items[0]?.note ?? '', key);
    expect(newest).toMatchObject({ origin, size: page.size });
    for (const { entry, hash: recorded } of page.entries)
      expect(Buffer.from(leafHash(sha256, entryBytes(entry!))).toString('base64')).toBe(recorded);

    const index = 3;
    const inclusion = await server.api.getAuditProof({ query: { size: page.size, index } });
    expect(inclusion.root).toBe(Buffer.from(newest.root).toString('base64'));
    const leaf = bytes(page.entries[index]?.hash ?? '');
    const proven = { leaf, index, size: page.size, root: newest.root, proof: inclusion.hashes.map(bytes) };
    expect(verifyInclusion(sha256, proven)).toBe(true);
    expect(verifyInclusion(sha256, { ...proven, index: 4 })).toBe(false);

    const earlier = openCheckpoint(items.at(-1)?.note ?? '', key);
    expect(earlier.size).toBeLessThan(newest.size);
    const consistency = await server.api.getAuditProof({ query: { size: page.size, from: earlier.size } });
    const [from, to] = [earlier.size, newest.size];
    const proof = consistency.hashes.map(bytes);
    expect(verifyConsistency(sha256, { from, fromRoot: earlier.root, to, toRoot: newest.root, proof })).toBe(true);
  });

  it('comes in pages that fit together', async () => {
    const whole = await signed();
    const half = Math.floor(whole.size / 2);
    const rest = await server.api.exportAudit({ query: { from: half } });
    expect(rest.entries).toEqual(whole.entries.slice(half));
    expect(await server.api.exportAudit({ query: { from: whole.size + 10 } })).toMatchObject({
      entries: [],
      next: null,
    });
  });

  it('has in each page what was there at one instant, while it is written and signed', async () => {
    let isReading = true;
    const writing = (async () => {
      while (isReading) await server.api.createJoinToken({ body: {} });
    })();
    const from = (await server.api.exportAudit()).size;
    for (let turn = 0; turn < 100; turn++) {
      const { size, newest, entries, next } = await server.api.exportAudit({ query: { from: Math.max(0, from - 1) } });
      expect(next).toBeNull();
      expect(entries.at(-1)?.index).toBe(size - 1);
      expect(newest?.size).toBeLessThanOrEqual(size);
    }
    isReading = false;
    await writing;
  });

  it.each([
    'size=100000&index=1',
    'size=5&index=5',
    'size=5&from=6',
    'size=5',
    'size=5&from=1&index=1',
    'size=-1&from=0',
  ])('refuses to prove %s', async (query) => {
    expect((await server.request('GET', `/audit/proof?${query}`)).status).toBe(400);
  });
});
