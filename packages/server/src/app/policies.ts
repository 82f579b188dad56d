/**
 * Policies: what guise brings can be read, what people set can be changed.
 *
 * Invariants: what does not fit the schema is refused; nobody gives by a policy what he does not have; nobody shuts himself out from
 * changing policies. The audit has the text of every version. Throws: `policy_invalid`, `policy_not_found`, `limit_exceeded`, `not_permitted`.
 */
import type { Json } from '@guise/model';
import { digestOfJson, GuiseError, limits } from '@guise/model';
import { parsePolicy, schemaText } from '../permissions/cedar.ts';
import { notHeldByWriter } from '../permissions/may-grant.ts';
import { NotPermitted } from '../permissions/not-permitted.ts';
import type { PolicyEngine, PolicyText } from '../permissions/policy-engine.ts';
import { builtInPolicies, trialEngine } from '../permissions/policy-engine.ts';
import type { Database, Mutation } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { deletePolicy, lockPolicies, putPolicy, readPolicies, type StoredPolicy } from '../store/policies.ts';
import type { Signal } from '../store/signal.ts';
import type { Caller } from './caller.ts';

export interface PolicyView {
  readonly name: string;
  readonly built_in: boolean;
  readonly version: number;
  readonly updated_by: string | null;
  readonly updated_at: string | null;
  readonly text: string;
}

const brought: readonly PolicyView[] = [{ name: 'schema', text: schemaText }, ...builtInPolicies].map((policy) => ({
  ...policy,
  built_in: true,
  version: 0,
  updated_by: null,
  updated_at: null,
}));

const changed: readonly Signal[] = [{ type: 'permissions' }];

export async function listPolicies(database: Database): Promise<readonly PolicyView[]> {
  const { policies } = await readPolicies(database);
  return [...brought, ...policies.map(viewOf)];
}

export async function getPolicy(database: Database, name: string): Promise<PolicyView> {
  const found = (await listPolicies(database)).find((policy) => policy.name === name);
  if (found === undefined) throw noPolicy(name);
  return found;
}

export async function setPolicy(
  database: Database,
  engine: PolicyEngine,
  caller: Caller,
  { name, text }: PolicyText,
): Promise<PolicyView> {
  requireOwn(name);
  const rules = parsePolicy(name, text);
  const missing = notHeldByWriter(engine, caller.principal, rules);
  if (missing !== null) {
    throw new NotPermitted(
      caller.action,
      { type: 'Policy', id: name },
      `it would permit ${missing}, which you have not for all that it names`,
    );
  }
  return mutate(database, caller.actor, async (tx): Promise<Mutation<PolicyView>> => {
    await lockPolicies(tx);
    const { policies } = await readPolicies(tx);
    const others = policies.filter((policy) => policy.name !== name);
    if (others.length >= limits.policies) {
      throw new GuiseError('limit_exceeded', `Cannot set the policy "${name}": there are ${limits.policies} already`);
    }
    requireWayBack(caller, name, [...others, { name, text }]);
    const before = policies.find((policy) => policy.name === name);
    const policy = await putPolicy(tx, { name, text, updatedBy: caller.actor });
    return {
      value: viewOf(policy),
      audit: auditOf(caller, name, before ?? null, policy),
      signals: changed,
    };
  });
}

export async function removePolicy(database: Database, caller: Caller, name: string): Promise<void> {
  requireOwn(name);
  await mutate(database, caller.actor, async (tx) => {
    await lockPolicies(tx);
    const { policies } = await readPolicies(tx);
    const before = policies.find((policy) => policy.name === name);
    if (before === undefined || !(await deletePolicy(tx, name))) throw noPolicy(name);
    requireWayBack(
      caller,
      name,
      policies.filter((policy) => policy !== before),
    );
    return { value: undefined, audit: auditOf(caller, name, before, null), signals: changed };
  });
}

/** Rescuing a control plane whose policies no longer fit must stay possible, so what is broken already is not looked at. */
function requireWayBack({ principal }: Caller, name: string, policies: readonly PolicyText[]): void {
  const engine = trialEngine(policies);
  const policy = { type: 'Policy', id: name, parents: [] } as const;
  if (engine.faults.length > 0 || engine.permits(principal, 'policy:write', policy)) return;
  throw new NotPermitted('policy:write', policy, 'after that you could not change it back');
}

function requireOwn(name: string): void {
  if (!brought.some((policy) => policy.name === name)) return;
  throw new GuiseError('policy_invalid', `Cannot change the policy "${name}": guise brings it; set another beside it`);
}

function auditOf(caller: Caller, name: string, before: StoredPolicy | null, after: StoredPolicy | null) {
  const digest = (policy: StoredPolicy | null) => (policy === null ? null : digestOfJson(policy.text));
  const detail: Json =
    after === null ? { removed: before?.version ?? 0 } : { version: after.version, text: after.text };
  return { action: caller.action, resource: `policy/${name}`, detail, before: digest(before), after: digest(after) };
}

function viewOf(policy: StoredPolicy): PolicyView {
  return { ...policy, built_in: false };
}

function noPolicy(name: string): GuiseError {
  return new GuiseError('policy_not_found', `Cannot find the policy "${name}"`);
}
