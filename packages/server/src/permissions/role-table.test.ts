/** Every role × every action × something of one's own and of others: what is expected is written down here, and nowhere computed. */
import { type Action, actions } from '@guise/api';
import { describe, expect, it } from 'vitest';
import { builtInRoles, PolicyEngine } from './policy-engine.ts';
import type { Asker } from './principal.ts';
import type { Facts } from './resource.ts';
import { wholeFleet } from './resource.ts';

const engine = new PolicyEngine();

function holderOf(...roles: readonly string[]): Asker {
  return { type: 'Program', id: 'somebody', actor: 'somebody', roles, scope: null, tokenId: null, expiresAt: null };
}

const labTag = { type: 'Tag', id: 'purpose=lab' } as const;
const things = {
  fleet: wholeFleet,
  'lab host': { type: 'Host', id: 'lab-1', parents: [labTag] },
  'lab tag': { ...labTag, parents: [] },
  'other host': { type: 'Host', id: 'web-1', parents: [{ type: 'Tag', id: 'role=web' }] },
  'other tag': { type: 'Tag', id: 'role=web', parents: [] },
  group: { type: 'HostGroup', id: 'edge', parents: [] },
  'own checkout': { type: 'Checkout', id: 'c1', parents: [{ type: 'Host', id: 'web-1' }], own: true },
  'lab checkout': { type: 'Checkout', id: 'c2', parents: [{ type: 'Host', id: 'lab-1' }, labTag], own: false },
  'foreign checkout': { type: 'Checkout', id: 'c3', parents: [{ type: 'Host', id: 'web-1' }], own: false },
  pool: { type: 'Pool', id: 'edge', parents: [] },
  persona: { type: 'Persona', id: 'web', parents: [{ type: 'Category', id: 'web_server' }] },
  'persona group': { type: 'PersonaGroup', id: 'edge', parents: [] },
  'own token': { type: 'Token', id: 't1', parents: [], own: true },
  'foreign token': { type: 'Token', id: 't2', parents: [], own: false },
  policy: { type: 'Policy', id: 'lab', parents: [] },
  role: { type: 'Role', id: 'viewer', parents: [] },
} as const satisfies Record<string, Facts>;

type Thing = keyof typeof things;

const hostLike = ['lab host', 'lab tag', 'other host', 'other tag', 'group'] as const;
const checkouts = ['own checkout', 'lab checkout', 'foreign checkout'] as const;
const hostsAndCheckouts = [...hostLike, ...checkouts] as const;
const hostsAndFleet = [...hostLike, 'fleet'] as const;
const personaLike = ['persona', 'persona group'] as const;

/** Action → the things that it can be done to. Whatever is not here is denied to everybody. */
const applies: Readonly<Record<Action, readonly Thing[]>> = {
  'system:read': hostsAndFleet,
  'event:post': hostsAndFleet,
  'audit:read': hostsAndFleet,
  'session:read': ['fleet'],
  'session:write': ['fleet'],
  'persona:read': personaLike,
  'persona:publish': personaLike,
  'persona:delete': personaLike,
  'persona:rollback': personaLike,
  'persona_group:write': personaLike,
  'host:read': hostsAndFleet,
  'host:tag': hostsAndFleet,
  'host:assign': hostLike,
  'host:rollback': hostsAndFleet,
  'host:hold': hostsAndFleet,
  'host:delete': hostsAndFleet,
  'host:revoke': hostsAndFleet,
  'host:release': hostsAndFleet,
  'checkout:read': hostsAndCheckouts,
  'checkout:request': hostLike,
  'checkout:extend': hostsAndCheckouts,
  'checkout:checkin': hostsAndCheckouts,
  'host:provide': hostsAndFleet,
  'pool:read': ['pool'],
  'pool:write': [...hostLike, 'pool'],
  'pool:activate': ['pool'],
  'root:write': ['fleet'],
  'secret:read': ['fleet'],
  'secret:write': ['fleet'],
  'host:enroll': hostsAndFleet,
  'host_group:write': hostsAndFleet,
  'alert:read': hostsAndFleet,
  'traffic:read': ['fleet'],
  'traffic:write': ['fleet'],
  'traffic:drain': hostsAndFleet,
  'webhook:read': ['fleet'],
  'webhook:write': ['fleet'],
  'token:read': ['own token', 'foreign token'],
  'token:write': ['own token', 'foreign token'],
  'role:read': ['fleet'],
  'role:write': ['role'],
  'policy:read': ['policy'],
  'policy:write': ['policy'],
};

const looking = [
  'system:read',
  'persona:read',
  'host:read',
  'pool:read',
  'checkout:read',
  'alert:read',
  'traffic:read',
  'policy:read',
] as const;
const oneself = ['session:read', 'session:write'] as const;

/** What a holder may do with what he has borrowed. */
const having = [
  ['checkout:read', ['own checkout']],
  ['checkout:extend', ['own checkout']],
  ['checkout:checkin', ['own checkout']],
] as const;

/** Role → what it may do to everything that the action can be done to, and what to some things only. */
const expected: Readonly<
  Record<string, { readonly all: readonly Action[]; readonly some: readonly (readonly [Action, readonly Thing[]])[] }>
> = {
  nobody: { all: oneself, some: having },
  viewer: { all: [...oneself, ...looking], some: having },
  author: { all: [...oneself, ...looking, 'persona:publish', 'persona:delete', 'secret:read'], some: having },
  approver: {
    all: [...oneself, ...looking, 'persona:rollback', 'audit:read', 'role:read'],
    some: having,
  },
  'lab-user': {
    all: [...oneself, ...looking],
    some: [
      ['host:assign', ['lab host', 'lab tag']],
      ['host:rollback', ['lab host', 'lab tag']],
      ['host:hold', ['lab host', 'lab tag']],
      ['checkout:request', ['lab host', 'lab tag']],
      ['checkout:extend', ['lab host', 'lab tag', 'own checkout', 'lab checkout']],
      ['checkout:checkin', ['lab host', 'lab tag', 'own checkout', 'lab checkout']],
    ],
  },
  operator: {
    all: [
      ...oneself,
      ...looking,
      'persona_group:write',
      'host:tag',
      'host:assign',
      'host:rollback',
      'host:hold',
      'host:delete',
      'host:revoke',
      'host:release',
      'checkout:request',
      'checkout:extend',
      'checkout:checkin',
      'host:provide',
      'pool:write',
      'pool:activate',
      'secret:read',
      'secret:write',
      'host:enroll',
      'host_group:write',
      'event:post',
      'traffic:write',
      'traffic:drain',
      'webhook:read',
      'webhook:write',
    ],
    some: [
      ['token:read', ['own token']],
      ['token:write', ['own token']],
    ],
  },
  admin: { all: actions, some: [] },
};

function isExpected(role: string, action: Action, thing: Thing): boolean {
  const { all = [], some = [] } = expected[role] ?? {};
  if (!applies[action].includes(thing)) return false;
  return all.includes(action) || some.some(([each, named]) => each === action && named.includes(thing));
}

const rows = Object.keys(expected).flatMap((role) => actions.map((action) => [role, action] as const));

describe('a built-in role', () => {
  it('is in the table, every one', () => {
    expect(
      Object.keys(expected)
        .filter((role) => role !== 'nobody')
        .sort(),
    ).toEqual([...builtInRoles].sort());
    expect(Object.keys(applies).sort()).toEqual([...actions].sort());
  });

  it.each(rows)('%s does %s to what it may, and to nothing else', (role, action) => {
    const asker = role === 'nobody' ? holderOf() : holderOf(role);
    const persona = action === 'host:assign' || action === 'pool:activate' ? things.persona : null;
    const found = Object.entries(things).flatMap(([name, facts]) =>
      engine.permits(asker, action, facts, persona) ? [name] : [],
    );
    const wanted = (Object.keys(things) as Thing[]).filter((thing) => isExpected(role, action, thing));
    expect(found).toEqual(wanted);
  });

  it('gives a person what it gives a program', () => {
    const { id: _id, type: _type, ...shared } = holderOf('operator');
    const person: Asker = {
      ...shared,
      type: 'User',
      id: 'alice@example.com',
      issuer: 'i',
      subject: 's',
      email: null,
      groups: [],
    };
    expect(engine.permits(person, 'host:read', things['other host'])).toBe(true);
    expect(engine.permits(person, 'policy:write', things.policy)).toBe(false);
  });

  it('does not exist under another name', () => {
    expect(engine.permits(holderOf('Admin'), 'policy:write', things.policy)).toBe(false);
    expect(engine.permits(holderOf('admin"'), 'policy:write', things.policy)).toBe(false);
  });
});

describe('two roles at once', () => {
  it('permit what either does', () => {
    const both = holderOf('author', 'operator');
    expect(engine.permits(both, 'persona:publish', things.persona)).toBe(true);
    expect(engine.permits(both, 'host:assign', things['other host'], things.persona)).toBe(true);
    expect(engine.permits(both, 'audit:read', wholeFleet)).toBe(false);
  });
});
