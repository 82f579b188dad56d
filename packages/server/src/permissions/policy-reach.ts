/**
 * What can be told of a rule from its head alone, without asking it about one thing at a time.
 *
 * Everything here errs to one side: "may apply" is said when in doubt, "applies whatever else" only when it is certain.
 */
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { uidOf } from './cedar.ts';
import type { Principal } from './principal.ts';
import type { EntityId } from './resource.ts';

type Head = PolicyJson['principal'] | PolicyJson['resource'];

/** Whether the rule is about somebody like this. Exact, because all that somebody is in is known. */
export function isAbout(rule: PolicyJson, principal: Principal): boolean {
  const { principal: head } = rule;
  if (head.op === 'All') return true;
  const selves = [
    `${principal.type} ${principal.id}`,
    ...ancestorsOf(principal).map(({ type, id }) => `${type} ${id}`),
  ];
  if (head.op === 'is') {
    return head.entity_type === principal.type && (head.in === undefined || selves.includes(entityIn(head.in)));
  }
  const named = entityIn(head);
  return head.op === '==' ? named === selves[0] : selves.includes(named);
}

export function ancestorsOf(principal: Principal): readonly { readonly type: string; readonly id: string }[] {
  if (principal.type === 'Host') return [];
  const groups = principal.type === 'User' ? principal.groups : [];
  return [...groups.map((id) => ({ type: 'Group', id })), ...principal.roles.map((id) => ({ type: 'Role', id }))];
}

export function coversAction(rule: PolicyJson, action: string): boolean {
  const { action: head } = rule;
  if (head.op === 'All') return true;
  if ('entities' in head) return head.entities.some((entity) => uidOf(entity).id === action);
  return 'entity' in head && uidOf(head.entity).id === action;
}

/** Whether something of this type can be meant by the rule's head. */
export function mayCoverType(rule: PolicyJson, type: EntityId['type']): boolean {
  const { resource: head } = rule;
  if (head.op === 'is') return head.entity_type === type;
  return head.op !== '==' || entityIn(head).startsWith(`${type} `);
}

export function isUnconditional(rule: PolicyJson): boolean {
  return rule.conditions.length === 0;
}

/** Whether what the rule says of things depends on who asks, beyond its head. */
export function looksAtPrincipal(rule: PolicyJson): boolean {
  return JSON.stringify(rule.conditions).includes('"Var":"principal"');
}

/** Whether every resource that the one head covers is certainly covered by the other. */
export function coversResources(wide: PolicyJson, narrow: PolicyJson): boolean {
  const [over, under] = [wide.resource, narrow.resource];
  if (over.op === 'All') return true;
  if (over.op === 'is' && over.in === undefined) return under.op === 'is' && under.entity_type === over.entity_type;
  if (over.op === 'is' || under.op === 'is') return JSON.stringify(over) === JSON.stringify(under);
  if (under.op === 'All') return false;
  // What is in itself is that itself, too.
  return entityIn(over) === entityIn(under) && (over.op === 'in' || under.op === '==');
}

/** Every role that a rule names. */
export function rolesIn(rule: PolicyJson): readonly string[] {
  return [...JSON.stringify(rule).matchAll(/\{"type":"Role","id":("(?:[^"\\]|\\.)*")\}/g)].map(
    ([, id = '""']) => JSON.parse(id) as string,
  );
}

/** `Role admin`; '' for a slot, which no rule of ours has. */
function entityIn(head: Exclude<Head, { op: 'All' } | { op: 'is' }> | { entity: EntityIn } | { slot: string }): string {
  if (!('entity' in head)) return '';
  const { type, id } = uidOf(head.entity);
  return `${type} ${id}`;
}

type EntityIn = Parameters<typeof uidOf>[0];
