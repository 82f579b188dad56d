/**
 * Giving personas to hosts, tags and groups, and taking them away.
 *
 * Invariants: under one target an instance name belongs to one persona; a persona that is assigned exists; a set replaces what
 * its target had in one transaction, so no host ever sees half of it.
 * Throws: `host_not_found`, `persona_not_found`, `version_not_found`, `assignment_not_found`, `assignment_conflict`, `parameter_invalid`.
 */
import type { HostId, PersonaId } from '@guise/model';
import { GuiseError } from '@guise/model';
import { parameterValues } from '@guise/model/documents';
import type { Assignment, Target } from '../store/assignments.ts';
import {
  assignmentsTo,
  deleteAssignment,
  deleteAssignmentsTo,
  findAssignment,
  lockAssignmentsTo,
  putAssignment,
  summaryOf,
} from '../store/assignments.ts';
import type { AuditRecord } from '../store/audit.ts';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { findHost } from '../store/hosts.ts';
import { findVersion, lockPersona } from '../store/personas.ts';
import type { Scope, Signal } from '../store/signal.ts';
import type { Caller } from './caller.ts';
import { noPersona } from './publish-persona.ts';
import { stateDigest } from './state-digest.ts';

export interface Terms {
  readonly instance?: string | undefined;
  readonly parameters?: Record<string, string | number | boolean> | undefined;
  readonly priority?: number | undefined;
  readonly version?: number | undefined;
}

export interface PersonaTerms extends Terms {
  readonly persona_id: PersonaId;
}

export async function assign(
  database: Database,
  caller: Caller,
  target: Target,
  terms: PersonaTerms,
): Promise<Assignment> {
  return mutate(database, caller.actor, async (tx) => {
    await requireTarget(tx, target);
    const before = await lockAssignmentsTo(tx, target);
    const assignment = await put(tx, caller, target, terms);
    return {
      value: assignment,
      audit: await auditOf(tx, { caller, target, before }, { assigned: [summaryOf(assignment)] }),
      signals: signalsFor(target),
    };
  });
}

export async function unassign(
  database: Database,
  caller: Caller,
  target: Target,
  personaId: PersonaId,
  instance: string = personaId,
): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    await requireTarget(tx, target);
    const before = await lockAssignmentsTo(tx, target);
    if (!(await deleteAssignment(tx, target, instance, personaId))) {
      throw new GuiseError(
        'assignment_not_found',
        `Cannot find "${personaId}" as "${instance}" on the ${target.type} "${target.name}"`,
      );
    }
    return {
      value: undefined,
      audit: await auditOf(tx, { caller, target, before }, { unassigned: [{ persona_id: personaId, instance }] }),
      signals: signalsFor(target),
    };
  });
}

export async function assignSet(
  database: Database,
  caller: Caller,
  target: Target,
  personas: readonly PersonaTerms[],
  requireGone: (tx: Executor, personas: readonly string[]) => Promise<void>,
): Promise<readonly Assignment[]> {
  return mutate(database, caller.actor, async (tx) => {
    await requireTarget(tx, target);
    const before = await lockAssignmentsTo(tx, target);
    await requireGone(tx, await deleteAssignmentsTo(tx, target));
    const assignments: Assignment[] = [];
    for (const terms of personas) assignments.push(await put(tx, caller, target, terms));
    return {
      value: assignments,
      audit: await auditOf(tx, { caller, target, before }, { set: assignments.map(summaryOf) }),
      signals: signalsFor(target),
    };
  });
}

async function put(tx: Executor, caller: Caller, target: Target, terms: PersonaTerms): Promise<Assignment> {
  const { persona_id, instance = persona_id, parameters = {}, priority = null, version = null } = terms;
  // Holds off a deletion of the persona until this assignment can be seen.
  await lockPersona(tx, persona_id);
  const found = await findVersion(tx, persona_id, version ?? undefined);
  if (found === null && version !== null && (await findVersion(tx, persona_id)) !== null) {
    throw new GuiseError('version_not_found', `Cannot find version ${version} of the persona "${persona_id}"`);
  }
  if (found === null) throw noPersona(persona_id);
  parameterValues(found.persona, parameters);
  const holder = await findAssignment(tx, target, instance);
  if (holder !== null && holder.persona_id !== persona_id) {
    throw new GuiseError(
      'assignment_conflict',
      `Cannot assign "${persona_id}" as "${instance}": on the ${target.type} "${target.name}" that is "${holder.persona_id}"`,
    );
  }
  return putAssignment(tx, {
    target_type: target.type,
    target: target.name,
    instance,
    persona_id,
    parameters,
    priority,
    version,
    assigned_by: caller.actor,
  });
}

/** Tags and groups may be assigned to before any host has them. */
async function requireTarget(tx: Executor, target: Target): Promise<void> {
  if (target.type === 'host' && (await findHost(tx, target.name as HostId)) === null) {
    throw new GuiseError('host_not_found', `Cannot find the host "${target.name}"`);
  }
}

function signalsFor(target: Target): readonly Signal[] {
  return [
    { type: 'desired', scope: scopeOf(target) },
    { type: 'event', event: 'assignment.changed', subject: `${target.type}/${target.name}` },
  ];
}

function scopeOf(target: Target): Scope {
  switch (target.type) {
    case 'host':
      return { hosts: [target.name] };
    case 'tag':
      return { tag: target.name };
    case 'group':
      return { group: target.name };
  }
}

interface Changed {
  readonly caller: Caller;
  readonly target: Target;
  readonly before: readonly Assignment[];
}

/** The digests are of all that the target is assigned. */
async function auditOf(
  tx: Executor,
  { caller, target, before }: Changed,
  detail: { readonly [change: string]: ReturnType<typeof summaryOf>[] | { persona_id: string; instance: string }[] },
): Promise<AuditRecord> {
  const after = await assignmentsTo(tx, target);
  return {
    action: caller.action,
    resource: `${target.type}/${target.name}`,
    detail,
    before: stateDigest(before.map(summaryOf)),
    after: stateDigest(after.map(summaryOf)),
  };
}
