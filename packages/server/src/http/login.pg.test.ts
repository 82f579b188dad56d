/** Logging in over HTTP, with a real identity provider and a browser that fills in its forms. */
import { createHash, randomBytes } from 'node:crypto';
import { limits } from '@guise/model';
import { sql } from 'kysely';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../store/database.ts';
import { TestBrowser, TestIssuer } from '../test-issuer.ts';
import { TestServer } from '../test-server.ts';

const issuer = new TestIssuer((url, configuration) => new Provider(url, configuration));
let server: TestServer;
let database: Database;

beforeAll(async () => {
  await issuer.start();
  server = new TestServer({ oidc: { issuer: issuer.url, clientId: issuer.clientId } });
  await server.start();
  database = await openDatabase(server.running.databaseUrl);
  issuer.accounts.set('alice', { email: 'Alice@Example.com', email_verified: true, groups: ['sre'] });
  issuer.accounts.set('mallory', { email: 'alice@example.com', email_verified: false, groups: [] });
});
afterAll(async () => {
  await database.destroy();
  await server.stop();
  await issuer.stop();
});

const secret = () => randomBytes(32).toString('base64url');

let state: string;
let verifier: string;
let start: string;
beforeEach(() => {
  [state, verifier] = [secret(), secret()];
  start = startWith({});
});

function startWith(change: Record<string, string>): string {
  const code_challenge = createHash('sha256').update(verifier).digest('base64url');
  const query = { redirect_uri: 'http://127.0.0.1:9/done', state, code_challenge, ...change };
  return `${server.running.url}/auth/login?${new URLSearchParams(query).toString()}`;
}

const isDone = ({ pathname }: URL) => pathname === '/done';
const isBack = ({ pathname }: URL) => pathname === '/auth/callback';

function redeem(code: string, code_verifier = verifier) {
  return server.apiOf('none').createSession({ body: { code, code_verifier } });
}

async function codeFor(account: string): Promise<string> {
  const done = await new TestBrowser().logIn(start, account, isDone);
  expect(done.origin).toBe('http://127.0.0.1:9');
  expect(done.searchParams.get('state')).toBe(state);
  return done.searchParams.get('code') ?? '';
}

async function auditOf(resource: string) {
  const { items } = await server.api.listAudit({ query: { resource, limit: 500 } });
  return items;
}

describe('somebody who logs in', () => {
  it('is known by verified email, has what his email and groups were given, and is in the audit', async () => {
    const session = await redeem(await codeFor('alice'));
    expect(session.actor).toBe('user/alice@example.com');
    const api = server.apiOf(session.token);
    expect(await api.getSession()).toMatchObject({ type: 'user', roles: [], groups: ['sre'] });
    await expect(api.listHosts()).rejects.toMatchObject({ code: 'not_permitted' });
    await server.api.grantRole({ body: { role: 'viewer', subject_type: 'group', subject: 'sre' } });
    await server.api.grantRole({ body: { role: 'operator', subject_type: 'user', subject: 'ALICE@example.com' } });
    expect(await api.getSession()).toMatchObject({ roles: ['operator', 'viewer'] });
    expect(await api.listHosts()).toMatchObject({ items: [] });
    expect(await auditOf('user/alice@example.com')).toMatchObject([
      { action: 'session:write', actor: 'user/alice@example.com', detail: { subject: 'alice', groups: ['sre'] } },
    ]);
  });

  it('has a session of eight hours, which ends when he logs out', async () => {
    const session = await redeem(await codeFor('alice'));
    const lifeMs = Date.parse(session.expires_at) - Date.now();
    expect(lifeMs).toBeGreaterThan(limits.sessionLifeMs - 60_000);
    expect(lifeMs).toBeLessThanOrEqual(limits.sessionLifeMs);
    await server.apiOf(session.token).deleteSession();
    const [ended, begun] = await auditOf('user/alice@example.com');
    expect(begun).toMatchObject({ before: null, after: expect.stringMatching(/^sha256:/) });
    expect(ended).toMatchObject({ before: begun?.after, after: null, detail: { ended: true } });
    await expect(server.apiOf(session.token).getSession()).rejects.toMatchObject({ code: 'token_invalid' });
    await expect(server.api.deleteSession()).rejects.toThrow('guise token rm');
  });

  it('is refused when his session is over', async () => {
    const session = await redeem(await codeFor('alice'));
    await sql`update tokens set expires_at = now() where user_id is not null`.execute(database);
    await expect(server.apiOf(session.token).getSession()).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('with an address that nobody verified is not who has that address', async () => {
    const session = await redeem(await codeFor('mallory'));
    expect(session.actor).toBe(`user/${issuer.url}#mallory`);
    expect((await server.apiOf(session.token).getSession()).roles).toEqual([]);
    await server.api.grantRole({ body: { role: 'viewer', subject_type: 'user', subject: 'sub:mallory' } });
    expect((await server.apiOf(session.token).getSession()).roles).toEqual(['viewer']);
  });

  it('loses what a group gave when he is in it no more', async () => {
    issuer.accounts.set('bob', { email: 'bob@example.com', email_verified: true, groups: ['sre'] });
    const first = await redeem(await codeFor('bob'));
    expect((await server.apiOf(first.token).getSession()).roles).toEqual(['viewer']);
    issuer.accounts.set('bob', { email: 'bob@example.com', email_verified: true, groups: [] });
    [state, verifier] = [secret(), secret()];
    start = startWith({});
    const second = await redeem(await codeFor('bob'));
    expect((await server.apiOf(second.token).getSession()).roles).toEqual([]);
    expect((await server.apiOf(first.token).getSession()).roles).toEqual([]);
  });
});

describe('a code', () => {
  it('is traded once', async () => {
    const code = await codeFor('alice');
    await redeem(code);
    await expect(redeem(code)).rejects.toMatchObject({ code: 'login_failed' });
  });

  it('is traded once when a hundred ask at the same instant', async () => {
    const code = await codeFor('alice');
    // Without their rate, which another test is about.
    const { makeLogins } = await import('../app/logins.ts');
    const { openVault } = await import('../store/vault.ts');
    const vault = openVault(`${server.stateDirectory}/master.key`);
    const logins = makeLogins({ database, vault, provider: null, publicUrl: () => server.running.url });
    const tries = Array.from({ length: 100 }, () => logins.redeem({ code, code_verifier: verifier }));
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is worth nothing without the verifier of who began, and nothing after a wrong one', async () => {
    const code = await codeFor('alice');
    await expect(redeem(code, secret())).rejects.toMatchObject({ code: 'login_failed' });
    await expect(redeem(code)).rejects.toMatchObject({ code: 'login_failed' });
  });

  it('is too old after a minute', async () => {
    const code = await codeFor('alice');
    await sql`update logins set expires_at = now()`.execute(database);
    await expect(redeem(code)).rejects.toMatchObject({ code: 'login_failed' });
  });

  it('is stored as a digest only, and what is kept beside it cannot be read', async () => {
    const code = await codeFor('alice');
    const { rows } = await sql<{ text: string }>`select digest || encode(sealed, 'escape') as text from logins`.execute(
      database,
    );
    const stored = rows.map(({ text }) => text).join('\n');
    expect(rows.length).toBeGreaterThan(0);
    for (const each of [code, state, verifier]) expect(stored).not.toContain(each);
  });
});

describe('a browser that comes back', () => {
  it('twice is refused the second time', async () => {
    const browser = new TestBrowser();
    const back = await browser.logIn(start, 'alice', isBack);
    expect((await browser.fetch(back)).headers.get('location')).toContain('code=');
    expect((await browser.fetch(back)).status).toBe(401);
  });

  it('that did not begin is refused', async () => {
    const back = await new TestBrowser().logIn(start, 'alice', isBack);
    expect((await new TestBrowser().fetch(back)).status).toBe(401);
  });

  it('with another state, none, or too late is refused, and the audit has it', async () => {
    const browser = new TestBrowser();
    const back = await browser.logIn(start, 'alice', isBack);
    const before = (await auditOf('login')).length;
    for (const other of [secret(), '']) {
      const url = new URL(back);
      url.searchParams.set('state', other);
      expect((await browser.fetch(url)).status).toBe(401);
    }
    await sql`update logins set expires_at = now()`.execute(database);
    expect((await browser.fetch(back)).status).toBe(401);
    expect((await auditOf('login')).length - before).toBe(3);
  });

  it('from another issuer, or with another code, goes back without a code', async () => {
    for (const change of [{ iss: 'https://other.example' }, { code: secret() }, { error: 'access_denied' }]) {
      const browser = new TestBrowser();
      start = startWith({ state: secret() });
      const back = await browser.logIn(start, 'alice', isBack);
      for (const [name, value] of Object.entries(change)) back.searchParams.set(name, value);
      const location = new URL((await browser.fetch(back)).headers.get('location') ?? '');
      expect(location.searchParams.get('code')).toBeNull();
      expect(location.searchParams.get('error')).toContain('Cannot log in');
    }
  });
});

describe('a login that one process began', () => {
  it('goes on at another, when the first was killed in between', async () => {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const shared = {
      database: server.running.databaseUrl,
      masterKeyFile: `${server.stateDirectory}/master.key`,
      oidc: { issuer: issuer.url, clientId: issuer.clientId },
      port,
    };
    const first = new TestServer(shared);
    await first.start();
    const browser = new TestBrowser();
    const back = await browser.logIn(start.replace(server.running.url, first.running.url), 'alice', isBack);
    await first.stop();
    const second = new TestServer(shared);
    await second.start();
    const done = new URL((await browser.fetch(back)).headers.get('location') ?? '');
    await second.stop();
    const third = new TestServer(shared);
    await third.start();
    const body = { code: done.searchParams.get('code') ?? '', code_verifier: verifier };
    const session = await third.apiOf('none').createSession({ body });
    expect(await server.apiOf(session.token).getSession()).toMatchObject({ actor: 'user/alice@example.com' });
    await third.stop();
  });
});

describe('a login', () => {
  it.each([
    'https://evil.example/done',
    'http://localhost:9/done',
    'http://127.0.0.1:9/done?x=1',
    'http://127.0.0.1:9@evil.example/done',
    'http://127.0.0.1/done',
  ])('does not end at %s', async (redirect_uri) => {
    expect((await fetch(startWith({ redirect_uri }), { redirect: 'manual' })).status).toBe(400);
  });

  it('goes no faster than its rate', async () => {
    const codes: number[] = [];
    for (let times = 0; times < limits.loginsAtOnce + 2; times++) {
      codes.push((await fetch(startWith({ state: 'x' }), { redirect: 'manual' })).status);
    }
    expect(codes.at(-1)).toBe(429);
    expect((await fetch(`${server.running.url}/auth/token`, { method: 'POST', body: '{}' })).status).toBe(429);
    // Whoever has a token already is not held up.
    expect((await server.request('GET', '/session')).status).toBe(200);
  });
});

describe('a control plane without an identity provider', () => {
  it('says so', async () => {
    const other = new TestServer({
      database: server.running.databaseUrl,
      masterKeyFile: server.running.masterKeyFile,
    });
    await other.start();
    const url = start.replace(server.running.url, other.running.url);
    const response = await fetch(url, { redirect: 'manual' });
    expect([response.status, await response.text()]).toEqual([401, expect.stringContaining('no identity provider')]);
    await other.stop();
  });
});
