/** What is acted on, and what policies may know of it. */
import type { ResourceType } from '@guise/api';

export interface EntityId {
  readonly type: ResourceType | 'User' | 'Program' | 'Group' | 'Category' | 'Action';
  readonly id: string;
}

/** One thing, by its name; what else is known of it is looked up. */
export interface Resource {
  readonly type: ResourceType;
  readonly id: string;
}

/** A resource with all that a decision may depend on. */
export interface Facts extends Resource {
  /** What it is in: tags, groups and pool of a host, which with the host are those of its checkouts; category and groups of a persona. */
  readonly parents: readonly EntityId[];
  /** Of a token or a checkout: whether it is of whoever asks. */
  readonly own?: boolean;
}

export const wholeFleet: Facts = { type: 'Fleet', id: 'all', parents: [] };

export function namesOf({ type, id }: Resource): string {
  return type === 'Fleet' ? 'the fleet' : `${wordOf[type]} "${id}"`;
}

/** As the audit trail names it, in the words that mutations use. */
export function auditNameOf({ type, id }: Resource): string {
  return type === 'Fleet' ? 'fleet' : `${auditWordOf[type]}/${id}`;
}

const wordOf: Readonly<Record<ResourceType, string>> = {
  Fleet: 'fleet',
  Host: 'host',
  Checkout: 'checkout',
  Tag: 'tag',
  HostGroup: 'host group',
  Pool: 'pool',
  Persona: 'persona',
  PersonaGroup: 'persona group',
  Token: 'token',
  Policy: 'policy',
  Role: 'role',
};

const auditWordOf: Readonly<Record<ResourceType, string>> = {
  ...wordOf,
  HostGroup: 'group',
  PersonaGroup: 'persona-group',
};
