/**
 * Nobody grants what he does not hold: whether everything that a grant would permit is permitted to whoever grants it.
 *
 * It is told from the rules' heads, for all things at once, so it errs to refusing: what depends on conditions is held by those who
 * are in the same role, or have it without conditions.
 */

import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { actions } from '@guise/api';
import type { PolicyEngine } from './policy-engine.ts';
import { coversAction, coversResources, isAbout, isUnconditional, looksAtPrincipal } from './policy-reach.ts';
import type { Asker } from './principal.ts';
import { isWithin, scopeAllowsAction } from './scope.ts';

/** The first action that the grantee would get and the granter has not, at least not as widely; null when there is none. */
export function notHeld(engine: PolicyEngine, granter: Asker, grantee: Asker): string | null {
  if (granter.scope !== null && !isWithin(grantee.scope, granter.scope)) {
    return granted(engine, grantee).find((action) => action !== null) ?? null;
  }
  return (
    granted(engine, grantee).find((action) =>
      engine.rules.some(
        (rule) =>
          rule.effect === 'permit' &&
          coversAction(rule, action) &&
          isAbout(rule, grantee) &&
          !holds(engine, granter, grantee, action, rule),
      ),
    ) ?? null
  );
}

/** The first action that the rules give to anybody and the writer has not for all that they name; null when there is none. */
export function notHeldByWriter(engine: PolicyEngine, writer: Asker, rules: readonly PolicyJson[]): string | null {
  const permits = rules.filter(({ effect }) => effect === 'permit');
  const given = actions.filter((action) => permits.some((rule) => coversAction(rule, action)));
  if (writer.scope !== null) return given[0] ?? null;
  return (
    given.find((action) =>
      permits.some((rule) => coversAction(rule, action) && !holdsOutright(engine, writer, action, rule)),
    ) ?? null
  );
}

function granted(engine: PolicyEngine, grantee: Asker) {
  return actions.filter(
    (action) =>
      scopeAllowsAction(grantee.scope, action) &&
      !action.startsWith('session:') &&
      engine.rules.some((rule) => rule.effect === 'permit' && coversAction(rule, action) && isAbout(rule, grantee)),
  );
}

function holds(engine: PolicyEngine, granter: Asker, grantee: Asker, action: string, rule: PolicyJson): boolean {
  const isBound = engine.rules.some(
    (other) =>
      other.effect === 'forbid' &&
      coversAction(other, action) &&
      isAbout(other, granter) &&
      (!isAbout(other, grantee) || looksAtPrincipal(other)),
  );
  if (isBound || !scopeAllowsAction(granter.scope, action)) return false;
  if (isAbout(rule, granter) && !looksAtPrincipal(rule)) return true;
  return coveredFor(engine, granter, action, rule) || coversScope(engine, granter, grantee, action);
}

function holdsOutright(engine: PolicyEngine, writer: Asker, action: string, rule: PolicyJson): boolean {
  const isBound = engine.rules.some(
    (other) => other.effect === 'forbid' && coversAction(other, action) && isAbout(other, writer) && !isForAll(other),
  );
  return !isBound && coveredFor(engine, writer, action, rule);
}

function coveredFor(engine: PolicyEngine, asker: Asker, action: string, rule: PolicyJson): boolean {
  return outright(engine, asker, action).some((own) => coversResources(own, rule));
}

/** Whoever is limited to some tags and hosts may grant what is limited to the same. */
function coversScope(engine: PolicyEngine, granter: Asker, { scope }: Asker, action: string): boolean {
  const { hosts = [], tags = [] } = scope ?? {};
  const wanted = [...hosts.map((id) => ({ type: 'Host', id })), ...tags.map((id) => ({ type: 'Tag', id }))];
  const own = outright(engine, granter, action);
  return (
    wanted.length > 0 &&
    action.startsWith('host:') &&
    wanted.every((entity) =>
      own.some(
        ({ resource }) =>
          (resource.op === 'in' || (resource.op === '==' && entity.type === 'Host')) &&
          'entity' in resource &&
          isSame(resource.entity, entity),
      ),
    )
  );
}

function outright(engine: PolicyEngine, asker: Asker, action: string): readonly PolicyJson[] {
  return engine.rules.filter(
    (rule) => rule.effect === 'permit' && isUnconditional(rule) && coversAction(rule, action) && isAbout(rule, asker),
  );
}

function isForAll({ principal }: PolicyJson): boolean {
  return principal.op === 'All';
}

function isSame(uid: unknown, { type, id }: { readonly type: string; readonly id: string }): boolean {
  return JSON.stringify(uid) === JSON.stringify({ type, id });
}
