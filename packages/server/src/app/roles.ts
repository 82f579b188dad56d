/**
 * Who has which role.
 *
 * Invariant: nobody gives a role that would permit more than he may. Throws: `role_not_found`, `token_not_found`, `not_permitted`.
 */
import { GuiseError } from '@guise/model';
import { notHeld } from '../permissions/may-grant.ts';
import { NotPermitted } from '../permissions/not-permitted.ts';
import type { PolicyEngine } from '../permissions/policy-engine.ts';
import type { Asker } from '../permissions/principal.ts';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import type { GrantedRole, RoleBinding } from '../store/role-bindings.ts';
import { deleteBinding, insertBinding, rolesOfToken } from '../store/role-bindings.ts';
import { findToken } from '../store/tokens.ts';
import type { Caller } from './caller.ts';
import { stateDigest } from './state-digest.ts';

export async function grantRole(
  database: Database,
  engine: PolicyEngine,
  caller: Caller,
  binding: RoleBinding,
): Promise<GrantedRole> {
  requireRole(engine, binding.role);
  return mutate(database, caller.actor, async (tx) => {
    const { kept, grantee } = await subjectOf(tx, binding);
    requireHeld(engine, caller, { ...grantee, roles: [...grantee.roles, binding.role] }, binding.role);
    const { granted, isNew } = await insertBinding(tx, kept, caller.actor);
    const state = stateDigest({ ...kept });
    return {
      value: { ...granted, subject: shown(binding) },
      audit: { ...auditOf(caller, binding), before: isNew ? null : state, after: state },
      signals: [],
    };
  });
}

export async function revokeRole(database: Database, caller: Caller, binding: RoleBinding): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    const { kept } = await subjectOf(tx, binding);
    if (!(await deleteBinding(tx, kept))) {
      throw new GuiseError(
        'role_not_found',
        `Cannot take back the role "${binding.role}": the ${binding.subject_type} "${binding.subject}" was not given it`,
      );
    }
    return {
      value: undefined,
      audit: {
        ...auditOf(caller, binding),
        detail: { revoked: shown(binding) },
        before: stateDigest({ ...kept }),
        after: null,
      },
      signals: [{ type: 'permissions' }],
    };
  });
}

export function requireRole(engine: PolicyEngine, role: string): void {
  if (engine.roles.includes(role)) return;
  throw new GuiseError(
    'role_not_found',
    `Cannot give the role "${role}": no policy names it; there are ${engine.roles.join(', ')}`,
  );
}

export function requireHeld(engine: PolicyEngine, caller: Caller, grantee: Asker, what: string): void {
  const missing = notHeld(engine, caller.principal, grantee);
  if (missing === null) return;
  throw new NotPermitted(
    caller.action,
    { type: 'Role', id: what },
    `nobody gives what he does not have, and you have not ${missing} as widely`,
  );
}

/** As it is kept, and whoever will have it as policies see him. */
async function subjectOf(
  tx: Executor,
  binding: RoleBinding,
): Promise<{ readonly kept: RoleBinding; readonly grantee: Asker }> {
  const { subject_type, subject } = binding;
  const nobody = { roles: [], scope: null, tokenId: null, expiresAt: null };
  if (subject_type !== 'token') {
    const id = shown(binding);
    const groups = subject_type === 'group' ? [id] : [];
    const person = { type: 'User', id, actor: `user/${id}`, issuer: '', subject: id, email: id, groups } as const;
    return { kept: { ...binding, subject: id }, grantee: { ...person, ...nobody } };
  }
  const token = await findToken(tx, { name: subject });
  if (token === null) throw new GuiseError('token_not_found', `Cannot find the token "${subject}"`);
  const grantee: Asker = {
    ...nobody,
    type: 'Program',
    id: subject,
    actor: subject,
    roles: await rolesOfToken(tx, token.token_id),
    scope: token.scope,
  };
  return { kept: { ...binding, subject: token.token_id }, grantee };
}

/** An address is the same however it is written. */
function shown({ subject_type, subject }: RoleBinding): string {
  return subject_type === 'user' && !subject.startsWith('sub:') ? subject.toLowerCase() : subject;
}

function auditOf(caller: Caller, binding: RoleBinding) {
  const { role, subject_type } = binding;
  return { action: caller.action, resource: `role/${role}`, detail: { [subject_type]: shown(binding) } };
}
