/**
 * A login, from the command line's wish to its token.
 *
 * 1. `begin`: the browser is sent to the issuer; state, nonce and PKCE verifier stay here, encrypted, and in the browser a cookie.
 * 2. `finish`: the browser is back; who it is comes from the issuer itself; the command line gets a code by way of the browser.
 * 3. `redeem`: only who began in step 1 knows the verifier that the code is worth nothing without.
 * Invariants: each step happens once, on whichever process of ours; killed between two, the login is begun again and nothing is left
 * that somebody else could use; every login is audited, those that failed too. Throws: `login_failed`, `limit_exceeded`.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CallOf, Routes } from '@guise/api';
import { GuiseError, limits } from '@guise/model';
import type { Database } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { countLogins, findPerson, insertLogin, putPerson, takeLogin } from '../store/logins.ts';
import { deleteToken, insertToken, personName, sweepSessions } from '../store/tokens.ts';
import type { Vault } from '../store/vault.ts';
import type { Caller } from './caller.ts';
import type { Identity, IdentityProvider, LoginSecrets } from './identity-provider.ts';
import { newLoginSecrets } from './identity-provider.ts';
import { newSecret, tokenDigest, tokenState } from './tokens.ts';

interface Parts {
  readonly database: Database;
  readonly vault: Vault;
  /** Null: nobody can log in here. */
  readonly provider: IdentityProvider | null;
  /** Where browsers reach this control plane. */
  readonly publicUrl: () => string;
}

type Wish = CallOf<Routes['beginLogin']>['query'];

interface Begun extends LoginSecrets {
  readonly browserDigest: string;
  readonly wish: Wish;
}

export interface Logins {
  begin(
    wish: Wish,
  ): Promise<{ readonly url: string; readonly browser: string; readonly isSecure: boolean; readonly lifeS: number }>;
  /** Where to send the browser: back to the command line. */
  finish(query: Readonly<Record<string, string>>, browser: string | null): Promise<string>;
  redeem(
    code: CallOf<Routes['createSession']>['body'],
  ): Promise<{ readonly token: string; readonly actor: string; readonly expires_at: string }>;
}

const action = 'session:write';

export function makeLogins(parts: Parts): Logins {
  return {
    begin: (wish) => begin(parts, wish),
    finish: (query, browser) => finish(parts, query, browser),
    redeem: (code) => redeem(parts, code),
  };
}

async function begin({ database, vault, provider, publicUrl }: Parts, wish: Wish) {
  if (provider === null) {
    throw new GuiseError(
      'login_failed',
      'Cannot log in: this control plane has no identity provider; see guise server --help',
    );
  }
  if ((await countLogins(database)) >= limits.loginsUnderWay) {
    throw new GuiseError('limit_exceeded', `Cannot log in now: ${limits.loginsUnderWay} others do`);
  }
  const secrets = newLoginSecrets();
  const browser = randomBytes(32).toString('base64url');
  const url = await provider.begin(secrets, callbackOf(publicUrl()));
  const digest = tokenDigest(secrets.state);
  const begun: Begun = { ...secrets, browserDigest: tokenDigest(browser), wish };
  const lifeS = limits.loginLifeMs / 1000;
  await insertLogin(database, { digest, sealed: seal(vault, digest, begun), userId: null, lifeS });
  return { url, browser, isSecure: publicUrl().startsWith('https:'), lifeS };
}

async function finish(parts: Parts, query: Readonly<Record<string, string>>, browser: string | null): Promise<string> {
  const { database, vault } = parts;
  const digest = tokenDigest(query['state'] ?? '');
  const taken = await takeLogin(database, digest, 'begun');
  if (taken === null)
    return fail(
      parts,
      new GuiseError('login_failed', 'Cannot log in: this login is unknown, was used, or took too long'),
    );
  const begun = JSON.parse(vault.decrypt(nameOf(digest), taken.sealed).toString()) as Begun;
  if (browser === null || tokenDigest(browser) !== begun.browserDigest) {
    return fail(parts, new GuiseError('login_failed', 'Cannot log in: another browser began this login'));
  }
  const back = new URL(begun.wish.redirect_uri);
  back.searchParams.set('state', begun.wish.state);
  try {
    back.searchParams.set('code', await codeFor(parts, begun, await identify(parts, begun, query)));
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    await auditFailure(parts, error);
    back.searchParams.set('error', error.message);
  }
  return back.href;
}

async function identify(
  { provider, publicUrl }: Parts,
  begun: Begun,
  query: Readonly<Record<string, string>>,
): Promise<Identity> {
  if (provider === null)
    throw new GuiseError('login_failed', 'Cannot log in: this control plane has no identity provider');
  const callback = new URL(callbackOf(publicUrl()));
  for (const [name, value] of Object.entries(query)) callback.searchParams.set(name, value);
  return provider.finish(begun, callback);
}

async function codeFor({ database, vault }: Parts, { wish }: Begun, identity: Identity): Promise<string> {
  const code = randomBytes(32).toString('base64url');
  const digest = tokenDigest(code);
  await database.transaction().execute(async (tx) => {
    const userId = await putPerson(tx, identity);
    const sealed = seal(vault, digest, { challenge: wish.code_challenge });
    await insertLogin(tx, { digest, sealed, userId, lifeS: limits.loginCodeLifeMs / 1000 });
  });
  return code;
}

async function redeem(parts: Parts, { code, code_verifier }: CallOf<Routes['createSession']>['body']) {
  const { database, vault } = parts;
  const digest = tokenDigest(code);
  const taken = await takeLogin(database, digest, 'known');
  const person = taken?.userId == null ? null : await findPerson(database, taken.userId);
  if (taken === null || person === null) {
    return fail(parts, new GuiseError('login_failed', 'Cannot log in: the code is unknown, was used, or is too old'));
  }
  const { challenge } = JSON.parse(vault.decrypt(nameOf(digest), taken.sealed).toString()) as { challenge: string };
  if (!isEqual(createHash('sha256').update(code_verifier).digest(), challenge)) {
    return fail(parts, new GuiseError('login_failed', 'Cannot log in: another command line began this login'));
  }
  await sweepSessions(database);
  const token = newSecret('guise');
  const id = personName(person);
  const actor = `user/${id}`;
  return mutate(database, actor, async (tx) => {
    const session = await insertToken(tx, {
      name: `session of ${id}`,
      digest: tokenDigest(token),
      expiresInS: limits.sessionLifeMs / 1000,
      scope: null,
      createdBy: actor,
      userId: taken.userId,
    });
    if (session?.expires_at == null)
      throw new GuiseError('login_failed', 'Cannot log in: the session could not be kept');
    const { issuer, subject, groups } = person;
    return {
      value: { token, actor, expires_at: session.expires_at },
      audit: {
        action,
        resource: actor,
        detail: { issuer, subject, groups: [...groups], expires_at: session.expires_at },
        after: tokenState({ ...session, roles: [] }),
      },
      signals: [],
    };
  });
}

/** Throws: `argument_invalid` for a token that no login gave. */
export async function endSession(database: Database, caller: Caller): Promise<void> {
  const { principal } = caller;
  const { tokenId } = principal;
  if (principal.type !== 'User' || tokenId === null) {
    throw new GuiseError(
      'argument_invalid',
      'Cannot log out: the token is a program’s; withdraw it with guise token rm',
    );
  }
  await mutate(database, caller.actor, async (tx) => {
    const session = await deleteToken(tx, tokenId);
    return {
      value: undefined,
      audit: {
        action,
        resource: caller.actor,
        detail: { ended: true },
        before: session === null ? null : tokenState(session),
        after: null,
      },
      signals: [{ type: 'permissions' }],
    };
  });
}

async function fail(parts: Parts, error: GuiseError): Promise<never> {
  await auditFailure(parts, error);
  throw error;
}

async function auditFailure({ database }: Parts, { message, detail }: GuiseError): Promise<void> {
  await mutate(database, 'anonymous', async () => ({
    value: undefined,
    audit: {
      action,
      resource: 'login',
      outcome: 'failed',
      detail: { failed: message, why: (detail ?? '').slice(0, 500) },
    },
    signals: [],
  }));
}

/** Source: RFC 7636, 4.6. */
function isEqual(digest: Buffer, challenge: string): boolean {
  const wanted = Buffer.from(challenge, 'base64url');
  return wanted.length === digest.length && timingSafeEqual(wanted, digest);
}

function seal(vault: Vault, digest: string, value: unknown): Buffer {
  return vault.encrypt(nameOf(digest), Buffer.from(JSON.stringify(value)));
}

function nameOf(digest: string): string {
  return `login/${digest}`;
}

function callbackOf(publicUrl: string): string {
  return `${publicUrl}/auth/callback`;
}
