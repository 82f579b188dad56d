/**
 * May this principal do this to that: the one place where it is decided.
 *
 * What a thing is in (tags, groups, category) is read from the database, many things at once, and kept for
 * `limits.permissionFactsMs`; what is not there is in nothing, and is denied or allowed like anything else, so that a refusal never
 * tells whether it is there. A list is looked at item by item only when policies make a difference between them.
 * Throws: `not_permitted`, which names the action, the resource, and a role that would do.
 */
import type { Action, ResourceType } from '@guise/api';
import { limits } from '@guise/model';
import type { Database, Executor } from '../store/database.ts';
import { checkoutFacts, hostFacts, personaFacts } from '../store/permission-facts.ts';
import { findToken } from '../store/tokens.ts';
import { NotPermitted } from './not-permitted.ts';
import type { PolicyEngine } from './policy-engine.ts';
import type { Asker, Principal } from './principal.ts';
import type { Facts, Resource } from './resource.ts';
import { wholeFleet } from './resource.ts';
import { scopeAllows, scopeAllowsAction } from './scope.ts';

export interface Doing {
  readonly principal: Asker;
  readonly action: Action;
}

/** Actions that are decided on with the persona that is given beside the thing. */
const needsPersona: ReadonlySet<Action> = new Set(['host:assign', 'pool:activate']);

export class Permissions {
  readonly #database: Database;
  readonly #engine: PolicyEngine;
  readonly #known = new Map<string, { readonly facts: Facts; readonly atMs: number }>();

  constructor(database: Database, engine: PolicyEngine) {
    this.#database = database;
    this.#engine = engine;
  }

  /** With personas beside it, once for each of them. Inside a transaction what it changed counts. */
  async require(
    doing: Doing,
    resources: readonly (Resource | Facts)[],
    personas?: readonly string[],
    tx?: Executor,
  ): Promise<void> {
    const [things, beside] = [
      await this.factsOf(doing.principal, resources, tx),
      await this.factsOf(
        doing.principal,
        (personas ?? []).map((id) => ({ type: 'Persona', id })),
        tx,
      ),
    ];
    for (const thing of things) {
      for (const persona of personas === undefined ? [null] : beside) this.#requireOne(doing, thing, persona);
    }
  }

  /** Before anything of the request is read: throws when there is nothing of these types that he could do this to. */
  requireSome({ principal, action }: Doing, types: readonly ResourceType[], resource: Resource): void {
    if (types.some((type) => this.#engine.reach(principal, action, type) !== 'none')) return;
    throw this.#denial({ principal, action }, { ...resource, parents: [] }, null);
  }

  /** Those that he may do this to, with the persona beside each. */
  async visible<Item>(
    doing: Doing,
    items: readonly Item[],
    resourceOf: (item: Item) => Resource,
    persona?: string,
  ): Promise<Item[]> {
    const resources = items.map(resourceOf);
    const types = [...new Set(resources.map(({ type }) => type))];
    const isEvery = types.every((type) => this.#engine.reach(doing.principal, doing.action, type) === 'all');
    if (persona === undefined && isEvery) return [...items];
    const facts = await this.factsOf(doing.principal, resources);
    const [beside = null] =
      persona === undefined ? [] : await this.factsOf(doing.principal, [{ type: 'Persona', id: persona }]);
    return items.filter((_, index) => {
      const known = facts[index];
      return known !== undefined && this.#engine.permits(doing.principal, doing.action, known, beside);
    });
  }

  /** Of an agent about its own host, or anything else that is at hand. */
  permits(principal: Principal, action: string, facts: Facts): boolean {
    return this.#engine.permits(principal, action, facts);
  }

  /** When something was tagged, grouped or published. */
  forget(): void {
    this.#known.clear();
  }

  /** In the order of the resources. */
  async factsOf(asker: Asker, resources: readonly (Resource | Facts)[], tx?: Executor): Promise<readonly Facts[]> {
    const nowMs = performance.now();
    const isKnown = ({ type, id }: Resource) =>
      tx === undefined &&
      nowMs - (this.#known.get(`${type} ${id}`)?.atMs ?? Number.NEGATIVE_INFINITY) < limits.permissionFactsMs;
    const unknown = (type: ResourceType) => [
      ...new Set(
        resources.filter((each) => each.type === type && !('parents' in each) && !isKnown(each)).map(({ id }) => id),
      ),
    ];
    const fresh = new Map<string, Facts>();
    await this.#read(tx ?? this.#database, 'Host', unknown('Host'), hostFacts, fresh);
    await this.#read(tx ?? this.#database, 'Persona', unknown('Persona'), personaFacts, fresh);
    const checkouts = resources.flatMap(({ type, id }) => (type === 'Checkout' ? [id] : []));
    const ofCheckouts = await checkoutFacts(tx ?? this.#database, checkouts, asker.actor);
    const facts: Facts[] = [];
    for (const each of resources) {
      const key = `${each.type} ${each.id}`;
      if ('parents' in each) facts.push(each);
      else if (each.type === 'Fleet') facts.push(wholeFleet);
      else if (each.type === 'Checkout') facts.push(ofCheckouts.get(each.id) ?? { ...each, parents: [] });
      else if (each.type === 'Token') facts.push(await this.#token(asker, each, tx));
      else facts.push(fresh.get(key) ?? this.#known.get(key)?.facts ?? { ...each, parents: [] });
    }
    if (tx === undefined) this.#keep(fresh, nowMs);
    return facts;
  }

  async #read(
    db: Executor,
    type: ResourceType,
    ids: readonly string[],
    find: typeof hostFacts,
    into: Map<string, Facts>,
  ): Promise<void> {
    if (ids.length === 0) return;
    const found = await find(db, ids);
    for (const id of ids) into.set(`${type} ${id}`, found.get(id) ?? { type, id, parents: [] });
  }

  async #token(asker: Asker, { id }: Resource, tx?: Executor): Promise<Facts> {
    const found = await findToken(tx ?? this.#database, { id });
    return { type: 'Token', id, parents: [], own: found?.created_by === asker.actor };
  }

  #keep(fresh: ReadonlyMap<string, Facts>, atMs: number): void {
    if (this.#known.size + fresh.size > limits.permissionFacts) this.#known.clear();
    for (const [key, facts] of fresh) this.#known.set(key, { facts, atMs });
  }

  #requireOne(doing: Doing, resource: Facts, persona: Facts | null): void {
    if (this.#engine.permits(doing.principal, doing.action, resource, persona)) return;
    throw this.#denial(doing, resource, persona);
  }

  #denial({ principal, action }: Doing, resource: Facts, persona: Facts | null): NotPermitted {
    const { type, id } = resource;
    return new NotPermitted(action, { type, id }, this.#remedy(principal, action, resource, persona));
  }

  #remedy(principal: Asker, action: Action, resource: Facts, persona: Facts | null): string {
    if (!scopeAllowsAction(principal.scope, action) || !scopeAllows(principal.scope, action, resource, persona)) {
      return 'the token is not made for it';
    }
    const beside = persona === null ? '' : ` with persona "${persona.id}"`;
    const role = this.#engine.roles.slice(0, limits.rolesTried).find((each) => {
      const holder: Asker = { ...principal, roles: [each] };
      // Of what a persona is needed for, when none is named yet, any would do.
      return persona === null && needsPersona.has(action)
        ? this.#engine.reach(holder, action, resource.type) !== 'none'
        : this.#engine.permits(holder, action, { ...resource, parents: [] }, persona);
    });
    return role === undefined
      ? `it is not permitted${beside}, and no role would change that`
      : `it is not permitted${beside}; the role ${role} would allow it`;
  }
}
