/**
 * The policies that count now: those that guise brings, and those that people set.
 *
 * Invariants: denied unless permitted; a `forbid` wins; whatever goes wrong denies. While a policy that was set cannot be used, such
 * as after an update, nobody knows what it would forbid: then admins may change policies, and nobody does anything else.
 * Throws: `policy_invalid`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EntityJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { ResourceType } from '@guise/api';
import { GuiseError } from '@guise/model';
import type { Rule } from './cedar.ts';
import { isPermitted, loadPolicies, parsePolicy, policiesFolder } from './cedar.ts';
import { ancestorsOf, coversAction, isAbout, isUnconditional, mayCoverType, rolesIn } from './policy-reach.ts';
import type { Principal } from './principal.ts';
import type { Facts } from './resource.ts';
import { scopeAllows, scopeAllowsAction, scopeLimits } from './scope.ts';

export interface PolicyText {
  readonly name: string;
  readonly text: string;
}

/** Of all things of a type: every one, none, or it depends on which. */
export type Reach = 'all' | 'some' | 'none';

/** In the order of what they allow, so that the first that would do is the one to ask for. */
export const builtInRoles = ['viewer', 'author', 'approver', 'lab-user', 'operator', 'admin'] as const;

export const builtInPolicies: readonly PolicyText[] = readdirSync(policiesFolder)
  .filter((file) => file.endsWith('.cedar'))
  .sort()
  .map((file) => ({ name: file.replace(/\.cedar$/, ''), text: readFileSync(join(policiesFolder, file), 'utf8') }));

const builtInRules = rulesOf(builtInPolicies);
let engines = 0;

export class PolicyEngine {
  readonly #setName: string;
  #rules: Readonly<Record<string, Rule>> = builtInRules;
  #roles: readonly string[] = builtInRoles;
  #faults: readonly GuiseError[] = [];
  /** Counts up with each change in the database. */
  revision = -1;

  /** Cedar forgets no set, so a name is for one engine at a time. */
  constructor(setName = `guise-${engines++}`) {
    this.#setName = setName;
    loadPolicies(setName, builtInRules);
  }

  /** Everything that people set, at that revision. */
  load(policies: readonly PolicyText[], revision: number): void {
    const faults: GuiseError[] = [];
    const rules: Record<string, Rule> = { ...builtInRules };
    for (const policy of policies) {
      try {
        Object.assign(rules, rulesOf([policy]));
      } catch (error) {
        if (!(error instanceof GuiseError)) throw error;
        faults.push(error);
      }
    }
    loadPolicies(this.#setName, rules);
    this.#rules = rules;
    this.#roles = [...new Set([...builtInRoles, ...Object.values(rules).flatMap(rolesIn)])];
    this.#faults = faults;
    this.revision = revision;
  }

  get faults(): readonly GuiseError[] {
    return this.#faults;
  }

  get rules(): readonly Rule[] {
    return Object.values(this.#rules);
  }

  /** Those that guise brings, then every other that a policy names. */
  get roles(): readonly string[] {
    return this.#roles;
  }

  permits(principal: Principal, action: string, resource: Facts, persona: Facts | null = null): boolean {
    if (this.#faults.length > 0 && !isRescue(principal, action)) return false;
    if (principal.type !== 'Host' && !scopeAllows(principal.scope, action, resource, persona)) return false;
    const entities = new Map<string, EntityJson>();
    for (const entity of [
      principalJson(principal),
      factsJson(resource),
      ...(persona === null ? [] : [factsJson(persona)]),
    ])
      entities.set(JSON.stringify(entity.uid), entity);
    return isPermitted(this.#setName, {
      principal: { type: principal.type, id: principal.id },
      action,
      resource: { type: resource.type, id: resource.id },
      context: persona === null ? {} : { persona: { type: 'Persona', id: persona.id } },
      entities: [...entities.values()],
    });
  }

  /** `all` only when no rule that could say otherwise, or fail, is about this principal and action. */
  reach(principal: Principal, action: string, type: ResourceType): Reach {
    const scope = principal.type === 'Host' ? null : principal.scope;
    if (!scopeAllowsAction(scope, action)) return 'none';
    if (this.#faults.length > 0) return isRescue(principal, action) ? 'some' : 'none';
    const about = this.rules.filter(
      (rule) => coversAction(rule, action) && mayCoverType(rule, type) && isAbout(rule, principal),
    );
    if (!about.some(({ effect }) => effect === 'permit')) return 'none';
    const isPlain = about.every((rule) => rule.effect === 'permit' && isUnconditional(rule));
    const isWhole = about.some(
      ({ resource }) => resource.op === 'All' || (resource.op === 'is' && resource.in === undefined),
    );
    return isPlain && isWhole && !scopeLimits(scope, type) ? 'all' : 'some';
  }
}

/** One that has these policies and no others, to see what would be. It must be asked before another is made. */
export function trialEngine(policies: readonly PolicyText[]): PolicyEngine {
  const engine = new PolicyEngine('guise-trial');
  engine.load(policies, 0);
  return engine;
}

function rulesOf(policies: readonly PolicyText[]): Record<string, Rule> {
  return Object.fromEntries(
    policies.flatMap(({ name, text }) =>
      parsePolicy(name, text).map((rule, index) => [`${name}/${index}`, rule] as const),
    ),
  );
}

function isRescue(principal: Principal, action: string): boolean {
  return principal.type !== 'Host' && principal.roles.includes('admin') && action.startsWith('policy:');
}

function principalJson(principal: Principal): EntityJson {
  const uid = { type: principal.type, id: principal.id };
  const parents = ancestorsOf(principal).map((parent) => ({ ...parent }));
  switch (principal.type) {
    case 'Host':
      return factsJson({ type: 'Host', id: principal.id, parents: [] });
    case 'Program':
      return { uid, attrs: { actor: principal.actor }, parents };
    case 'User': {
      const { actor, issuer, subject, email } = principal;
      return { uid, attrs: { actor, issuer, subject, ...(email === null ? {} : { email }) }, parents };
    }
  }
}

function factsJson(facts: Facts): EntityJson {
  const { type, id, parents } = facts;
  const isLone = type === 'Fleet' || type === 'Role';
  return {
    uid: { type, id },
    attrs: attributesOf(facts),
    parents: isLone ? [] : [...parents.map((parent) => ({ ...parent })), { type: 'Fleet', id: 'all' }],
  };
}

function attributesOf({ type, id, own = false }: Facts): EntityJson['attrs'] {
  switch (type) {
    case 'Host':
      return { host_id: id };
    case 'Persona':
      return { persona_id: id };
    case 'Token':
    case 'Checkout':
      return { own };
    case 'Fleet':
    case 'Tag':
    case 'HostGroup':
    case 'Pool':
    case 'PersonaGroup':
    case 'Policy':
    case 'Role':
      return {};
  }
}
