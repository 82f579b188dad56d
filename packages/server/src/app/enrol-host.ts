/**
 * A join token becomes a host: once, even when a hundred try at the same instant.
 *
 * Invariants: the token is taken and the host written in one transaction, so a refusal leaves the token good; a host that is known
 * is replaced only with a token made for it; the same agent asking again gets the same answer.
 * Throws: `token_invalid`, `host_exists`.
 */
import type { EnrolmentRequest } from '@guise/api';
import type { HostId } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { Database } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { enrolHost, findHostByAgentToken, redeemJoinToken } from '../store/enrolment.ts';
import { tokenDigest } from './tokens.ts';

export async function enrol(database: Database, request: EnrolmentRequest): Promise<void> {
  const redemption = {
    joinTokenDigest: tokenDigest(request.join_token),
    hostId: request.host_id,
    agentTokenDigest: request.agent_token_digest,
  };
  await mutate(database, `host/${request.host_id}`, async (tx) => {
    const redeemed = await redeemJoinToken(tx, redemption);
    if (redeemed.type === 'refused') {
      throw new GuiseError(
        'token_invalid',
        'Cannot enrol with this join token: it is unknown, used, expired or made for another host',
      );
    }
    if (redeemed.type === 'repeated') return { value: undefined, audit: null, signals: [] };
    if (!(await enrolHost(tx, redemption, redeemed.boundToHost))) {
      throw new GuiseError(
        'host_exists',
        `Cannot enrol "${request.host_id}": a host of this name is enrolled; replace it with a join token made for it`,
      );
    }
    return {
      value: undefined,
      audit: { action: 'host:enroll', resource: `host/${request.host_id}`, detail: { invited_by: redeemed.createdBy } },
      signals: [{ type: 'event', event: 'host.enrolled', subject: request.host_id }],
    };
  });
}

/** Throws: `token_missing`, `token_invalid`. */
export async function authenticateAgent(database: Database, token: string | null): Promise<HostId> {
  if (token === null) throw new GuiseError('token_missing', 'Cannot accept an agent without a token');
  const hostId = await findHostByAgentToken(database, tokenDigest(token));
  if (hostId !== null) return hostId;
  throw new GuiseError('token_invalid', 'Cannot accept this agent: its token is unknown; enrol it again');
}
