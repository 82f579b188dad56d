/**
 * Makes an older version of a persona the current one, and keeps the permission that hosts need to go back to it.
 *
 * Where authors sign, the permission is a statement of theirs, verified here and by every host, usable once on each host that it names.
 * Where this control plane signs, it makes them for the hosts concerned as they are sent the older version (see permit-going-back.ts).
 * Throws: `persona_not_found`, `version_not_found`, `parameter_invalid`; `rollback_refused` without a statement for just this, with how
 * to make one; what opening it throws.
 */
import { encodeEnvelope, type Opened, openRollback } from '@guise/decide/trust';
import { GuiseError, type PersonaId } from '@guise/model';
import type { Envelope, RollbackStatement } from '@guise/model/trust';
import { verifySignature } from '@guise/trust/signing';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { findVersion, lockPersona, setCurrentVersion, type VersionDetail } from '../store/personas.ts';
import { insertRollback } from '../store/rollback-statements.ts';
import { signalsForHosts } from '../store/signal.ts';
import type { Caller } from './caller.ts';
import { regrouping } from './persona-groups.ts';
import { noVersion } from './personas.ts';
import { noPersona } from './publish-persona.ts';
import type { Trust } from './served-trust.ts';

export interface RollbackRequest {
  readonly to: number;
  readonly statement?: Envelope | undefined;
}

export async function rollbackPersona(
  database: Database,
  { trust, caller }: { readonly trust: Trust; readonly caller: Caller },
  personaId: PersonaId,
  { to, statement }: RollbackRequest,
): Promise<VersionDetail> {
  return mutate(database, caller.actor, async (tx) => {
    const head = await lockPersona(tx, personaId);
    if (head === null || head.deleted) throw noPersona(personaId);
    const found = await findVersion(tx, personaId, to);
    if (found === null) throw noVersion(personaId, to);
    const step = { personaId, to, newest: head.lastVersion };
    const permission = await permissionFor(tx, trust, step, statement);
    const isNew = permission !== null && (await keep(tx, caller, step, permission));
    if (found.current && !isNew) return { value: found, audit: null, signals: [] };
    const regroup = await regrouping(tx, found.persona);
    await setCurrentVersion(tx, personaId, to);
    const { id, hosts, reason } = permission?.opened.statement ?? {};
    return {
      value: found,
      audit: {
        action: caller.action,
        resource: `persona/${personaId}`,
        detail: {
          from: head.currentVersion,
          to,
          ...(permission === null ? {} : { statement: id, hosts, reason, signers: permission.opened.signers }),
        } as never,
        before: head.currentDigest,
        after: found.digest,
      },
      signals: [
        { type: 'desired', scope: { persona: personaId } },
        ...signalsForHosts(hosts ?? []),
        ...(await regroup()),
        { type: 'event', event: 'persona.rolled_back', subject: personaId },
      ],
    };
  });
}

interface Step {
  readonly personaId: PersonaId;
  readonly to: number;
  readonly newest: number;
}

interface Permission {
  readonly opened: Opened<RollbackStatement>;
  readonly envelope: Envelope;
}

/** Null where none is needed: going to the newest is not going back, and a development key signs as hosts need it. */
async function permissionFor(
  tx: Executor,
  trust: Trust,
  { personaId, to, newest }: Step,
  envelope: Envelope | undefined,
): Promise<Permission | null> {
  const { root, environment, key } = await trust.served(tx);
  if (envelope === undefined) {
    if (key !== null || to >= newest) return null;
    throw refused(
      personaId,
      to,
      'hosts go back by a signed permission alone; make one with "guise persona sign-rollback", and give it with --statement',
    );
  }
  const opened = openRollback(envelope, root, { environment, nowMs: trust.nowMs(), verify: verifySignature });
  const { statement, expired, expiresAt } = opened;
  if (statement.persona_id !== personaId || statement.to !== to)
    throw refused(personaId, to, `the permission is to go back to ${statement.persona_id}@${statement.to}`);
  if (expired) throw refused(personaId, to, `the permission ended at ${expiresAt}`);
  if (statement.from > newest) throw refused(personaId, to, `there is no version ${statement.from} to go back from`);
  return { opened, envelope };
}

/** False for one that was given before. */
function keep(tx: Executor, caller: Caller, { personaId }: Step, { opened, envelope }: Permission): Promise<boolean> {
  const { id, from, to, hosts } = opened.statement;
  return insertRollback(tx, {
    id,
    personaId,
    from,
    to,
    hosts,
    envelope: encodeEnvelope(envelope),
    expiresAt: opened.expiresAt,
    createdBy: caller.actor,
  });
}

function refused(personaId: PersonaId, to: number, reason: string): GuiseError {
  return new GuiseError('rollback_refused', `Cannot go back to ${personaId}@${to}: ${reason}`);
}
