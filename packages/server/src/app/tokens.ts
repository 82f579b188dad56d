/**
 * Tokens: made of 256 random bits, told once, kept as digests.
 *
 * Throws: `token_not_found`, `token_missing`, `token_invalid`.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { HostId } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { Database } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { insertJoinToken } from '../store/enrolment.ts';
import type { Token } from '../store/tokens.ts';
import { deleteToken, findTokenName, insertToken } from '../store/tokens.ts';
import type { Caller } from './caller.ts';
import { stateDigest } from './state-digest.ts';

const tokenBytes = 32;
/** The token that the server makes for whoever started it. */
const adminTokenName = 'admin';

export function tokenDigest(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`;
}

function newSecret(prefix: string): string {
  return `${prefix}_${randomBytes(tokenBytes).toString('base64url')}`;
}

/** Answers who the bearer is. */
export async function authenticate(database: Database, token: string | null): Promise<string> {
  if (token === null) {
    throw new GuiseError('token_missing', 'Cannot answer without a token: send it as "Authorization: Bearer <token>"');
  }
  const name = await findTokenName(database, tokenDigest(token));
  if (name !== null) return name;
  throw new GuiseError('token_invalid', 'Cannot accept this token: it is unknown or has expired');
}

export async function createToken(
  database: Database,
  caller: Caller,
  request: { readonly name: string; readonly expires_in_s?: number | undefined },
): Promise<Token & { readonly token: string }> {
  const token = newSecret('guise');
  return mutate(database, caller.actor, async (tx) => {
    const created = await insertToken(tx, {
      name: request.name,
      digest: tokenDigest(token),
      expiresInS: request.expires_in_s ?? null,
    });
    return {
      value: { ...created, token },
      audit: {
        action: caller.action,
        resource: `token/${created.token_id}`,
        detail: { name: request.name, expires_at: created.expires_at },
        after: stateDigest({ ...created }),
      },
      signals: [],
    };
  });
}

/** One for each state directory: replicas do not share theirs. */
export async function createAdminToken(database: Database): Promise<string> {
  const token = newSecret('guise');
  return mutate(database, 'guise server', async (tx) => {
    const created = await insertToken(tx, { name: adminTokenName, digest: tokenDigest(token), expiresInS: null });
    return {
      value: token,
      audit: {
        action: 'token:write',
        resource: `token/${created.token_id}`,
        detail: { name: adminTokenName },
        after: stateDigest({ ...created }),
      },
      signals: [],
    };
  });
}

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
        before: stateDigest({ ...withdrawn }),
        after: null,
      },
      signals: [],
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
