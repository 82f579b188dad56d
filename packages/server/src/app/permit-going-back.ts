/**
 * Where this control plane signs itself, it signs what hosts need to go back to an older version, whoever wanted that: a rollback, an
 * assignment that pins a version, a group that a host came into.
 *
 * A permission works once on a host. So when a host is to have the newest version of a persona again, what it had is forgotten, and the
 * next way back takes a new one. Where authors sign, nothing is made and nothing forgotten here.
 * Shape: candidates → those that count, each older version with its permission.
 */
import { randomBytes } from 'node:crypto';
import { encodeEnvelope } from '@guise/decide/trust';
import { type Json, limits } from '@guise/model';
import { payloadTypes, type RollbackStatement } from '@guise/model/trust';
import { signStatement } from '@guise/trust/sign-statement';
import { insertAudit } from '../store/audit.ts';
import type { Executor } from '../store/database.ts';
import type { Candidate } from '../store/desired.ts';
import { findVersion } from '../store/personas.ts';
import { forgetRollbacks, insertRollback } from '../store/rollback-statements.ts';
import { winnersOf } from './desired-layers.ts';
import type { Served, Trust } from './served-trust.ts';

export async function permitGoingBack(
  tx: Executor,
  trust: Trust,
  candidates: readonly Candidate[],
): Promise<readonly Candidate[]> {
  if (!trust.isDevelopment) return candidates;
  const winners = [...Map.groupBy(candidates, ({ host_id }) => host_id).values()].flatMap(winnersOf);
  await forgetRollbacks(tx, oldestWanted(winners));
  const lacking = winners.filter(({ version, newest, rollback }) => version < newest && rollback === null);
  if (lacking.length === 0) return winners;
  const served = await trust.served(tx);
  const made = new Map<Candidate, string>();
  for (const group of Map.groupBy(lacking, ({ persona_id, version }) => `${persona_id}@${version}`).values()) {
    for (let start = 0; start < group.length; start += limits.hostsPerRollback) {
      const some = group.slice(start, start + limits.hostsPerRollback);
      const id = await permit(tx, served, some, trust.nowMs());
      if (id !== null) for (const candidate of some) made.set(candidate, id);
    }
  }
  return winners.map((candidate) => ({ ...candidate, rollback: made.get(candidate) ?? candidate.rollback }));
}

/** The id of a permission for all of them; null where authors sign by now. */
async function permit(
  tx: Executor,
  { organization, environment, key }: Served,
  candidates: readonly Candidate[],
  nowMs: number,
): Promise<string | null> {
  const [first] = candidates;
  if (key === null || first === undefined) return null;
  const found = await findVersion(tx, first.persona_id, first.version);
  const statement: RollbackStatement = {
    id: randomBytes(24).toString('base64url'),
    organization,
    environment,
    persona_id: first.persona_id,
    category: found?.persona.own.document.category ?? null,
    from: first.newest,
    to: first.version,
    hosts: [...new Set(candidates.map(({ host_id }) => host_id))].sort(),
    reason: `version ${first.version} is wanted by ${first.target_type} ${first.target}`.slice(0, reasonChars),
    expires_at: new Date(nowMs + limits.signatureLifeMs).toISOString(),
  };
  const envelope = encodeEnvelope(signStatement(payloadTypes.rollback, statement, [key]));
  const { id, persona_id: personaId, from, to, hosts, expires_at: expiresAt } = statement;
  await insertRollback(tx, { id, personaId, from, to, hosts, envelope, expiresAt, createdBy: 'control-plane' });
  await insertAudit(tx, 'control-plane', {
    action: 'persona:rollback',
    resource: `persona/${personaId}`,
    detail: { statement: id, from, to, hosts } as unknown as Json,
    cause: 'assignment',
  });
  return id;
}

/** As long as a statement takes one. */
const reasonChars = 1024;

/** For each host and persona the lowest version that it is to have. */
function oldestWanted(candidates: readonly Candidate[]) {
  const lowest = new Map<string, { host_id: string; persona_id: string; version: number }>();
  for (const { host_id, persona_id, version } of candidates) {
    const key = `${host_id} ${persona_id}`;
    const known = lowest.get(key);
    if (known === undefined || version < known.version) lowest.set(key, { host_id, persona_id, version });
  }
  return [...lowest.values()];
}
