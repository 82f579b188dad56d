/**
 * Tokens: made of 256 random bits, told once, kept as digests.
 *
 * Invariant: nobody makes a token that may do more than he may.
 * Throws: `token_exists`, `token_not_found`, `token_missing`, `token_invalid`, `role_not_found`, `not_permitted`.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Digest, HostId, Json } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { CurrentPolicies } from '../permissions/current-policies.ts';
import type { PolicyEngine } from '../permissions/policy-engine.ts';
import type { Asker, TokenScope } from '../permissions/principal.ts';
import type { Database } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { insertJoinToken } from '../store/enrolment.ts';
import { insertBinding } from '../store/role-bindings.ts';
import type { Token } from '../store/tokens.ts';
import { deleteToken, findAsker, insertToken } from '../store/tokens.ts';
import type { Caller } from './caller.ts';
import { requireHeld, requireRole } from './roles.ts';
import { stateDigest } from './state-digest.ts';

const tokenBytes = 32;
/** The token that the server makes for whoever started it. */
const adminTokenName = 'admin';
const serverActor = 'guise server';

export function tokenDigest(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`;
}

export function newSecret(prefix: string): string {
  return `${prefix}_${randomBytes(tokenBytes).toString('base64url')}`;
}

/** Answers who the bearer is, with the policies brought up to what they are now. */
export async function authenticate(
  database: Database,
  policies: CurrentPolicies,
  token: string | null,
): Promise<Asker> {
  if (token === null) {
    throw new GuiseError('token_missing', 'Cannot answer without a token: send it as "Authorization: Bearer <token>"');
  }
  const found = await findAsker(database, { digest: tokenDigest(token) });
  if (found === null) throw new GuiseError('token_invalid', 'Cannot accept this token: it is unknown or has expired');
  await policies.reach(found.policyRevision);
  return found.asker;
}

export interface TokenRequest {
  readonly name: string;
  readonly expires_in_s: number;
  readonly roles: readonly string[];
  readonly scope?: TokenScope | null | undefined;
}

export async function createToken(
  database: Database,
  engine: PolicyEngine,
  caller: Caller,
  { name, expires_in_s, roles, scope = null }: TokenRequest,
): Promise<Token & { readonly token: string }> {
  if (name === adminTokenName || name === serverActor) {
    throw new GuiseError('token_exists', `Cannot make a token "${name}": the control plane itself is named so`);
  }
  for (const role of roles) requireRole(engine, role);
  const bearer = { roles, scope, tokenId: null, expiresAt: null };
  // Without a role too: a policy may name the token itself.
  requireHeld(engine, caller, { type: 'Program', id: name, actor: name, ...bearer }, roles.join(', ') || name);
  const token = newSecret('guise');
  return mutate(database, caller.actor, async (tx) => {
    const created = await insertToken(tx, {
      name,
      digest: tokenDigest(token),
      expiresInS: expires_in_s,
      scope,
      createdBy: caller.actor,
      userId: null,
    });
    if (created === null) {
      throw new GuiseError('token_exists', `Cannot make a token "${name}": there is one; withdraw it first`);
    }
    for (const role of roles) {
      await insertBinding(tx, { role, subject_type: 'token', subject: created.token_id }, caller.actor);
    }
    return {
      value: { ...created, roles, token },
      audit: {
        action: caller.action,
        resource: `token/${created.token_id}`,
        detail: { name, roles: [...roles], scope: scopeJson(scope), expires_at: created.expires_at },
        after: tokenState({ ...created, roles }),
      },
      signals: [],
    };
  });
}

/** What the audit tells of one; roles have no order. */
export function tokenState({ roles, scope, ...token }: Token): Digest | null {
  return stateDigest({ ...token, roles: [...new Set(roles)].sort(), scope: scopeJson(scope) });
}

function scopeJson(scope: TokenScope | null): Json {
  return scope === null ? null : (JSON.parse(JSON.stringify(scope)) as Json);
}

/** One for each state directory: replicas do not share theirs. It has the role admin and no end. */
export async function createAdminToken(database: Database): Promise<string> {
  const token = newSecret('guise');
  return mutate(database, serverActor, async (tx) => {
    const created = await insertToken(tx, {
      name: adminTokenName,
      digest: tokenDigest(token),
      expiresInS: null,
      scope: null,
      createdBy: serverActor,
      userId: null,
    });
    if (created === null) throw new GuiseError('server_failed', 'Cannot make the token of whoever starts the server');
    await insertBinding(tx, { role: 'admin', subject_type: 'token', subject: created.token_id }, serverActor);
    return {
      value: token,
      audit: {
        action: 'token:write',
        resource: `token/${created.token_id}`,
        detail: { name: adminTokenName },
        after: tokenState({ ...created, roles: ['admin'] }),
      },
      signals: [],
    };
  });
}

/** Throws: `token_not_found`. */
export async function withdrawToken(database: Database, caller: Caller, tokenId: string): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    const withdrawn = await deleteToken(tx, tokenId);
    if (withdrawn === null) throw new GuiseError('token_not_found', `Cannot find the token ${tokenId}`);
    return {
      value: undefined,
      audit: {
        action: caller.action,
        resource: `token/${tokenId}`,
        detail: { name: withdrawn.name },
        before: tokenState(withdrawn),
        after: null,
      },
      signals: [{ type: 'permissions' }],
    };
  });
}

interface JoinTokenRequest {
  readonly host_id?: HostId | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly expires_in_s: number;
  /** Whom the host may tell it. */
  readonly authorityDigest: string;
}

export async function createJoinToken(
  database: Database,
  caller: Caller,
  request: JoinTokenRequest,
): Promise<{ readonly join_token: string; readonly expires_at: string }> {
  const token = `${newSecret('join')}.${request.authorityDigest}`;
  const hostId = request.host_id ?? null;
  return mutate(database, caller.actor, async (tx) => {
    const { expires_at } = await insertJoinToken(tx, {
      digest: tokenDigest(token),
      hostId,
      tags: request.tags,
      expiresInS: request.expires_in_s,
      createdBy: caller.actor,
    });
    return {
      value: { join_token: token, expires_at },
      audit: {
        action: caller.action,
        resource: hostId === null ? 'join-token' : `host/${hostId}`,
        detail: { expires_at, tags: { ...request.tags } },
        after: stateDigest({ host_id: hostId, expires_at }),
      },
      signals: [],
    };
  });
}
