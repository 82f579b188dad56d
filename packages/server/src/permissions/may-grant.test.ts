/** Nobody grants what he does not hold: every pair of roles, scopes, and the ways around it that come to mind. */
import type { Action } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from './cedar.ts';
import { notHeld, notHeldByWriter } from './may-grant.ts';
import { builtInRoles, PolicyEngine } from './policy-engine.ts';
import type { Asker, TokenScope } from './principal.ts';

function bearer(roles: readonly string[], scope: TokenScope | null = null, id = 'ci'): Asker {
  return { type: 'Program', id, actor: id, roles, scope, tokenId: null, expiresAt: null };
}

function engineWith(text: string): PolicyEngine {
  const engine = new PolicyEngine();
  engine.load([{ name: 'set', text }], 1);
  return engine;
}

const builtIn = new PolicyEngine();

/** Who may give which roles. */
const mayGive: Readonly<Record<string, readonly string[]>> = {
  viewer: ['viewer'],
  author: ['viewer', 'author'],
  approver: ['viewer', 'approver'],
  'lab-user': ['viewer', 'lab-user'],
  operator: ['viewer', 'lab-user', 'operator'],
  admin: ['viewer', 'author', 'approver', 'lab-user', 'operator', 'admin'],
};

const pairs = builtInRoles.flatMap((giver) => builtInRoles.map((given) => [giver, given] as const));

describe('a role', () => {
  it.each(pairs)('%s gives %s only if it is no more', (giver, given) => {
    const missing = notHeld(builtIn, bearer([giver]), bearer([given]));
    expect(missing === null).toBe(mayGive[giver]?.includes(given));
  });

  it('beside one that is held is looked at as well', () => {
    expect(notHeld(builtIn, bearer(['author']), bearer(['author', 'operator']))).not.toBeNull();
    expect(notHeld(builtIn, bearer(['author', 'operator']), bearer(['operator', 'author']))).toBeNull();
  });

  it('is given by somebody limited to some actions only with the same limit', () => {
    const limited = bearer(['operator'], { actions: ['host:read', 'token:write'] });
    expect(notHeld(builtIn, limited, bearer(['operator']))).not.toBeNull();
    expect(notHeld(builtIn, limited, bearer(['operator'], { actions: ['host:read'] }))).toBeNull();
    expect(notHeld(builtIn, limited, bearer(['operator'], { actions: ['host:read', 'host:delete'] }))).not.toBeNull();
  });

  it('of more than one may is given when its scope leaves only what one may', () => {
    expect(notHeld(builtIn, bearer(['viewer']), bearer(['admin'], { actions: ['host:read'] }))).toBeNull();
    expect(notHeld(builtIn, bearer(['viewer']), bearer(['admin'], { actions: ['host:read', 'host:tag'] }))).toBe(
      'host:tag',
    );
  });

  it('is given by somebody limited to hosts, tags or personas only with the same limit', () => {
    const cases: readonly (readonly [TokenScope, TokenScope, boolean])[] = [
      [{ tags: ['a=b'] }, { tags: ['a=b'] }, true],
      [{ tags: ['a=b'] }, { tags: ['a=c'] }, false],
      [{ tags: ['a=b', 'a=c'] }, { tags: ['a=c'] }, true],
      [{ tags: ['a=b'] }, { hosts: [parseHostId('h1')] }, false],
      [{ tags: ['a=b'] }, { personas: [parsePersonaId('web')] }, false],
      [{ hosts: [parseHostId('h1')] }, { hosts: [parseHostId('h1')], personas: [parsePersonaId('web')] }, true],
      [{ personas: [parsePersonaId('web')] }, { tags: ['a=b'] }, false],
    ];
    for (const [own, given, isFine] of cases) {
      const missing = notHeld(builtIn, bearer(['operator'], own), bearer(['operator'], given));
      expect(missing === null, JSON.stringify([own, given])).toBe(isFine);
    }
  });
});

describe('policies that people set', () => {
  it('let somebody give what he has on some hosts, for those hosts', () => {
    const engine = engineWith(
      `permit (principal in Role::"shop", action in [Action::"host:tag", Action::"host:read"], resource in Tag::"team=shop");`,
    );
    const shop = bearer(['shop']);
    const actions: Action[] = ['host:tag', 'host:read'];
    expect(notHeld(engine, shop, bearer(['shop']))).toBeNull();
    expect(notHeld(engine, shop, bearer(['operator'], { actions }))).not.toBeNull();
    expect(notHeld(engine, shop, bearer(['operator'], { actions, tags: ['team=shop'] }))).toBeNull();
    expect(notHeld(engine, shop, bearer(['operator'], { actions, tags: ['team=data'] }))).not.toBeNull();
  });

  it('that forbid the giver something are not shaken off with a role that they do not name', () => {
    const engine = engineWith(
      'forbid (principal in Role::"operator", action == Action::"host:read", resource in Tag::"secret=yes");',
    );
    expect(notHeld(engine, bearer(['operator']), bearer(['viewer']))).toBe('host:read');
    expect(notHeld(engine, bearer(['operator']), bearer(['operator']))).toBeNull();
  });

  it('that name a token are not had by making one of that name', () => {
    const engine = engineWith('permit (principal == Program::"deploy", action == Action::"host:delete", resource);');
    expect(notHeld(engine, bearer(['author']), bearer([], null, 'deploy'))).toBe('host:delete');
    expect(notHeld(engine, bearer(['operator']), bearer([], null, 'deploy'))).toBeNull();
  });

  it('that look at who asks are not had by giving them to somebody else', () => {
    const engine = engineWith(
      `permit (principal in Role::"x", action == Action::"host:delete", resource) when { principal.actor == "alice" };`,
    );
    expect(notHeld(engine, bearer(['x'], null, 'bob'), bearer(['x'], null, 'alice'))).toBe('host:delete');
  });
});

describe('who writes a policy', () => {
  const missing = (roles: readonly string[], text: string, scope: TokenScope | null = null) =>
    notHeldByWriter(
      engineWith(
        'permit (principal in Role::"writer", action in [Action::"policy:write", Action::"policy:read"], resource);',
      ),
      bearer(roles, scope),
      parsePolicy('new', text),
    );

  it('permits nothing that he may not do himself', () => {
    expect(
      missing(['writer'], 'permit (principal in Role::"viewer", action == Action::"host:delete", resource);'),
    ).toBe('host:delete');
    expect(missing(['writer'], 'permit (principal in Role::"writer", action, resource);')).not.toBeNull();
    expect(
      missing(
        ['writer', 'operator'],
        'permit (principal in Role::"viewer", action == Action::"host:delete", resource);',
      ),
    ).toBeNull();
    expect(missing(['admin'], 'permit (principal in Role::"viewer", action, resource);')).toBeNull();
  });

  it('forbids what he likes', () => {
    expect(missing(['writer'], 'forbid (principal, action == Action::"host:delete", resource);')).toBeNull();
  });

  it('with a token that is limited permits nothing', () => {
    expect(
      missing(['admin'], 'permit (principal, action == Action::"host:read", resource);', { actions: ['policy:write'] }),
    ).toBe('host:read');
  });
});
