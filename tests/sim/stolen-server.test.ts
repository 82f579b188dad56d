/** Whoever takes the control plane over decides which signed version a host has, and nothing else: all that he makes up is refused. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { HostTrust, TrustStore } from '@guise/agent/link';
import { openPersona, personaContent } from '@guise/decide/trust';
import { parseHostId } from '@guise/model';
import { type Envelope, type PersonaStatement, payloadTypes, type RollbackStatement } from '@guise/model/trust';
import { signPayload } from '@guise/trust/sign-statement';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  authors,
  idsOf,
  isUsableKey,
  opening,
  persona,
  personaStatement,
  rollbackStatement,
  rootStatement,
  signedPersona,
  signedRollback,
  signedRoot,
  trustedRoot,
} from '../trust/signers.ts';
import { eventually, identityIn, startTestAgent, type TestAgent, temporaryDirectory } from './control-plane.ts';
import { type SentLayer, StolenServer, signedLayer } from './stolen-server.ts';

const end = '2099-01-01T00:00:00.000Z';
/** Alice signs anything of production; only two of bob and carol what is about databases. */
const root = {
  expires_at: end,
  personas: [
    { environment: 'production', category: '*', keys: idsOf('alice'), threshold: 1 },
    { environment: 'production', category: 'database', keys: idsOf('bob', 'carol'), threshold: 2 },
    { environment: 'staging', category: '*', keys: idsOf('dave'), threshold: 1 },
  ],
  rollbacks: [{ environment: 'production', category: '*', keys: idsOf('alice'), threshold: 1 }],
};
const trusted = trustedRoot(root);

type Author = keyof typeof authors;

/** A version of `web` as its authors signed it. */
function version(number: number, changes: Partial<PersonaStatement> = {}, ...who: Author[]): SentLayer {
  const statement = personaStatement({
    version: number,
    previous: number === 1 ? null : digestOf(history[number - 2]?.envelope as Envelope),
    expires_at: end,
    ...changes,
  });
  const signers = who.length === 0 ? (['alice'] as const) : who;
  return { persona_id: 'web', version: number, envelope: signedPersona(statement, ...signers) };
}

function digestOf(envelope: Envelope) {
  return openPersona(envelope, trusted, opening).digest;
}

const history: SentLayer[] = [];
for (const number of [1, 2, 3]) history.push(version(number));
const [first, second, third] = history as [SentLayer, SentLayer, SentLayer];

function permission(changes: Partial<RollbackStatement> = {}, ...who: Author[]): Envelope {
  const statement = rollbackStatement({ from: 2, to: 1, hosts: ['h1'], expires_at: end, ...changes });
  return signedRollback(statement, ...(who.length === 0 ? (['alice'] as const) : who));
}

function changed(layer: SentLayer): SentLayer {
  const { payload, payloadType, signatures } = layer.envelope as Envelope;
  const text = Buffer.from(payload, 'base64').toString().replace('hello', 'hullo');
  return { ...layer, envelope: { payload: Buffer.from(text).toString('base64'), payloadType, signatures } };
}

const directory = temporaryDirectory();
let server: StolenServer;
let agent: TestAgent;
let hosts = 0;

beforeAll(async () => {
  server = await StolenServer.start();
});
beforeEach(async () => {
  hosts += 1;
  const own = join(directory.path, String(hosts));
  mkdirSync(own);
  storeIn(own).pin({
    organization: 'acme',
    environment: 'production',
    root: signedRoot(rootStatement(root), 'alice'),
    auditKey: '',
  });
  await connect(own);
});
afterEach(() => agent.link.close());
afterAll(async () => {
  await server.close();
  directory.remove();
});

async function connect(own: string): Promise<void> {
  server.heard.length = 0;
  await server.enrol(identityIn(own, 'h1'));
  agent = startTestAgent(server.url, 'h1', own);
  await eventually('the agent is welcome', () => agent.link.connected);
}

function storeIn(own: string): TrustStore {
  return new TrustStore(join(own, 'trust.json'));
}

const applied = () => agent.engine.applied.map((layers) => layers.join());
const marks = () => storeIn(agent.stateDirectory).state?.marks;
const alerts = () => agent.conductor.alerts.lasting().map(({ type, key }) => `${type} ${key}`);

describe('a host that has version 2', () => {
  beforeEach(async () => {
    await server.desire(second);
  });

  const refusals: readonly (readonly [string, () => SentLayer, string])[] = [
    ['a changed persona', () => changed(third), 'envelope_invalid'],
    ['one that nobody signed', () => ({ ...third, envelope: null }), 'signature_missing'],
    ['one without an envelope', () => ({ persona_id: 'web', version: 3 }), 'signature_missing'],
    ['an envelope that is none', () => ({ ...third, envelope: { payload: '!' } }), 'envelope_invalid'],
    ['an old version', () => first, 'version_refused'],
    [
      'another version of the same number',
      () => version(2, { expires_at: '2098-01-01T00:00:00.000Z' }),
      'version_refused',
    ],
    ['a next version of another history', () => version(3, { previous: null }), 'version_refused'],
    ['a version under another number', () => ({ ...third, version: 4 }), 'envelope_invalid'],
    ['a version under another name', () => ({ ...third, persona_id: 'db' }), 'envelope_invalid'],
    ['another environment’s version', () => version(3, { environment: 'staging' }, 'dave'), 'envelope_invalid'],
    ['another organisation’s version', () => version(3, { organization: 'globex' }), 'envelope_invalid'],
    ['one signed by the key of another environment', () => version(3, {}, 'dave'), 'signature_missing'],
    [
      'one signed by the key of another category',
      () => version(3, personaContent(persona('category: database\n')), 'alice'),
      'signature_missing',
    ],
    [
      'one signed by too few keys',
      () => version(3, personaContent(persona('category: database\n')), 'bob'),
      'signature_missing',
    ],
    ['a rollback for other hosts', () => ({ ...first, rollback: permission({ hosts: ['h2'] }) }), 'rollback_refused'],
    [
      'a rollback for another step',
      () => ({ ...third, ...first, rollback: permission({ to: 1, from: 3, persona_id: 'db' }) }),
      'rollback_refused',
    ],
    [
      'a rollback signed by nobody who may',
      () => ({ ...first, rollback: permission({}, 'dave') }),
      'signature_missing',
    ],
    [
      'a rollback that ended',
      () => ({ ...first, rollback: permission({ expires_at: '2026-01-01T00:00:00.000Z' }) }),
      'rollback_refused',
    ],
    [
      'a rollback of another environment',
      () => ({ ...first, rollback: permission({ environment: 'staging' }) }),
      'envelope_invalid',
    ],
    [
      'a persona in the place of a permission',
      () => ({ ...first, rollback: third.envelope as Envelope }),
      'envelope_invalid',
    ],
  ];

  it.each(refusals)('refuses %s, and stays as it was', async (_what, layer, code) => {
    const before = marks();
    expect(await server.desire(layer())).toMatchObject({ result: 'failed', error: { code }, transaction_id: null });
    expect(applied()).toEqual(['web@2']);
    expect(agent.conductor.desired?.generation).toBe((await lastGood()).generation);
    expect(marks()).toEqual(before);
    expect(alerts()).toEqual(['signature signature:desired']);
    expect(await server.desire(third)).toMatchObject({ result: 'committed' });
    expect(alerts()).toEqual([]);
  });

  it('takes all of a desired state or nothing of it', async () => {
    const other = { ...third, instance: 'other' };
    expect(await server.desire(third, { ...other, envelope: null })).toMatchObject({ result: 'failed' });
    expect(applied()).toEqual(['web@2']);
    expect(marks()?.['web']?.version).toBe(2);
  });

  it('goes back by a permission once, and not by the same one again', async () => {
    const rollback = permission();
    expect(await server.desire({ ...first, rollback })).toMatchObject({ result: 'committed' });
    expect(await server.desire(second)).toMatchObject({ result: 'committed' });
    const again = await server.desire({ ...first, rollback });
    expect(again).toMatchObject({ result: 'failed', error: { code: 'rollback_refused' } });
    expect(again.error?.message).toContain('used on this host before');
    expect(applied()).toEqual(['web@2', 'web@1', 'web@2']);
  });

  it('lets two instances have two versions of one persona, and neither go back', async () => {
    const other = { ...third, instance: 'other' };
    expect(await server.desire(second, other)).toMatchObject({ result: 'committed' });
    expect(await server.desire(second, other)).toMatchObject({ result: 'unchanged' });
    expect(await server.desire(second, { ...second, instance: 'other' })).toMatchObject({
      result: 'failed',
      error: { code: 'version_refused' },
    });
  });

  it('does not apply one that ended, and says so', async () => {
    const ended = version(3, { expires_at: '2026-01-01T00:00:00.000Z' });
    expect(await server.desire(ended)).toMatchObject({ result: 'failed', error: { code: 'signature_expired' } });
    expect(agent.engine.active().map(({ version: number }) => number)).toEqual([2]);
    const [candidate] = agent.conductor.candidateReports();
    expect(candidate).toMatchObject({ version: 3, active: false, reason: expect.stringContaining('ended at') });
  });

  it('plans nothing that it would not take, and remembers nothing of a plan', async () => {
    const refused = await server.ask('one', { ask: 'plan', layers: [signedLayer(changed(third))], secrets: [] });
    expect(refused).toMatchObject({ type: 'refusal', error: { code: 'envelope_invalid' } });
    const planned = await server.ask('two', { ask: 'plan', layers: [signedLayer(third)], secrets: [] });
    expect(planned).toMatchObject({ type: 'answer', answer: { layers_after: [{ version: 3 }] } });
    expect(marks()?.['web']?.version).toBe(2);
  });

  it('goes back by order to what was before with a permission alone', async () => {
    await server.desire(third);
    const refused = await server.ask('one', { ask: 'rollback', to: 'previous' });
    expect(refused).toMatchObject({ type: 'refusal', error: { code: 'rollback_refused' } });
    const permissions = [permission({ from: 3, to: 2 })];
    const done = await server.ask('two', { ask: 'rollback', to: 'previous', permissions });
    expect(done).toMatchObject({ type: 'answer', answer: { result: 'committed' } });
    expect(marks()?.['web']?.version).toBe(2);
    await server.desire(third);
    const again = await server.ask('three', { ask: 'rollback', to: 'previous', permissions });
    expect(again).toMatchObject({ type: 'refusal', error: { code: 'rollback_refused' } });
    expect(applied()).toEqual(['web@2', 'web@3', 'web@2', 'web@3']);
  });

  it('tells which signature allowed what it has', () => {
    const [active] = agent.engine.active() as [ReturnType<typeof agent.engine.active>[0]];
    expect(active?.signature).toEqual({
      signers: ['alice'],
      payload_digest: digestOf(second.envelope as Envelope),
      expires_at: end,
    });
  });

  it('is consistent when it is killed between what it remembers and what it goes by', async () => {
    const { stateDirectory } = agent;
    const before = agent.conductor.desired?.layers ?? [];
    await agent.link.close();
    const rollback = permission();
    const trust = new HostTrust({ store: storeIn(stateDirectory), hostId: parseHostId('h1'), nowMs: Date.now });
    trust.accept([signedLayer({ ...first, rollback })], before);
    expect(marks()?.['web']?.version).toBe(1);
    await connect(stateDirectory);
    expect(agent.conductor.desired?.layers.map(({ version: number }) => number)).toEqual([2]);
    expect(await server.desire({ ...first, rollback })).toMatchObject({ result: 'committed' });
    expect(agent.engine.active().map(({ version: number }) => number)).toEqual([1]);
    expect(storeIn(stateDirectory).state?.used_rollbacks).toHaveLength(1);
  });

  async function lastGood() {
    return server.heard.findLast((message) => message.type === 'outcome' && message.result === 'committed') as Extract<
      (typeof server.heard)[number],
      { type: 'outcome' }
    >;
  }
});

describe('the root of a host', () => {
  const next = rootStatement({ ...root, version: 2, personas: [{ ...root.personas[0]!, keys: idsOf('bob') }] });

  it('changes by the keys of the one before alone', async () => {
    await server.desire(second);
    server.say({ type: 'roots', roots: [signedRoot({ ...next, root: { keys: idsOf('bob'), threshold: 1 } }, 'bob')] });
    await eventually('it is refused', () => alerts().includes('signature signature:root'));
    expect(await server.desire(version(3, {}, 'bob'))).toMatchObject({ error: { code: 'signature_missing' } });
    expect(storeIn(agent.stateDirectory).state?.root).toEqual(signedRoot(rootStatement(root), 'alice'));
  });

  it('that is the next one is on disk, and is what counts from then on', async () => {
    await server.desire(second);
    const roots = [signedRoot(next, 'alice')];
    server.say({ type: 'roots', roots });
    const byBob = version(3, {}, 'bob');
    expect(await server.desire(byBob)).toMatchObject({ result: 'committed' });
    expect(await server.desire(version(4, { previous: digestOfUnopened(byBob) }))).toMatchObject({
      error: { code: 'signature_missing' },
    });
    expect(storeIn(agent.stateDirectory).state?.root).toEqual(roots[0]);
    const trust = new HostTrust({
      store: storeIn(agent.stateDirectory),
      hostId: parseHostId('h1'),
      nowMs: Date.now,
    });
    expect(trust.rootVersion).toBe(2);
    await expect(trust.followRoots(roots)).rejects.toMatchObject({ code: 'root_refused' });
    expect(isUsableKey(authors.bob.publicKey)).toBe(true);
  });

  it('that was never pinned makes it follow nobody', async () => {
    await agent.link.close();
    const own = join(directory.path, `${hosts}-unpinned`);
    mkdirSync(own);
    await connect(own);
    expect(await server.desire(second)).toMatchObject({ result: 'failed', error: { code: 'root_refused' } });
    expect(applied()).toEqual([]);
  });
});

function digestOfUnopened({ envelope }: SentLayer) {
  const bob = trustedRoot({ ...root, personas: [{ ...root.personas[0]!, keys: idsOf('bob') }] });
  return openPersona(envelope as Envelope, bob, opening).digest;
}

it('a payload type is part of what was signed', async () => {
  const { payload } = second.envelope as Envelope;
  const envelope = signPayload(payloadTypes.root, Buffer.from(payload, 'base64'), [authors.alice]);
  expect(await server.desire({ ...second, envelope })).toMatchObject({ error: { code: 'envelope_invalid' } });
  expect(
    await server.desire({ ...second, envelope: { ...envelope, payloadType: payloadTypes.persona } }),
  ).toMatchObject({ error: { code: 'envelope_invalid' } });
});
