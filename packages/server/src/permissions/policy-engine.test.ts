import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostActions, type ResourceType, type Route, routes } from '@guise/api';
import { parseHostId } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from './cedar.ts';
import { builtInPolicies, PolicyEngine, type PolicyText } from './policy-engine.ts';
import type { Asker } from './principal.ts';
import { hostPrincipal } from './principal.ts';
import type { Facts } from './resource.ts';
import { wholeFleet } from './resource.ts';

function bearer(...roles: readonly string[]): Asker {
  return { type: 'Program', id: 'ci', actor: 'ci', roles, scope: null, tokenId: null, expiresAt: null };
}

function engineWith(...texts: readonly string[]): PolicyEngine {
  const engine = new PolicyEngine();
  engine.load(
    texts.map((text, index): PolicyText => ({ name: `set-${index}`, text })),
    1,
  );
  return engine;
}

const web: Facts = { type: 'Host', id: 'web-1', parents: [{ type: 'Tag', id: 'team=shop' }] };
const db: Facts = { type: 'Host', id: 'db-1', parents: [{ type: 'Tag', id: 'team=data' }] };
const persona: Facts = { type: 'Persona', id: 'web', parents: [{ type: 'Category', id: 'web_server' }] };
const overflow = 'when { 9223372036854775807 + 1 == 0 };';

describe('policies', () => {
  it.each(builtInPolicies)('that guise brings fit the schema: $name', ({ name, text }) => {
    expect(parsePolicy(name, text).length).toBeGreaterThan(0);
  });

  it('that the how-to shows fit it too', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../../docs/how-to/give-permissions.md'), 'utf8');
    const samples = [...text.matchAll(/```cedar\n(.*?)```/gs)].map(([, sample = '']) => sample);
    expect(samples.flatMap((sample) => parsePolicy('how-to', sample))).toHaveLength(5);
  });

  it('permit by tag, category and name, for roles of any name', () => {
    const engine = engineWith(
      `permit (principal in Role::"shop", action == Action::"host:assign", resource in Tag::"team=shop")
       when { context.persona in Category::"web_server" };`,
    );
    const other: Facts = { type: 'Persona', id: 'db', parents: [{ type: 'Category', id: 'database' }] };
    expect(engine.permits(bearer('shop'), 'host:assign', web, persona)).toBe(true);
    expect(engine.permits(bearer('shop'), 'host:assign', web, other)).toBe(false);
    expect(engine.permits(bearer('shop'), 'host:assign', db, persona)).toBe(false);
    expect(engine.permits(bearer('viewer'), 'host:assign', web, persona)).toBe(false);
    expect(engine.roles).toContain('shop');
  });

  it('of a group hold for who is in it', () => {
    const engine = engineWith('permit (principal in Group::"sre", action == Action::"host:read", resource);');
    const person = (groups: string[]): Asker => ({
      ...bearer(),
      type: 'User',
      id: 'a@b',
      issuer: 'i',
      subject: 's',
      email: 'a@b',
      groups,
    });
    expect(engine.permits(person(['sre']), 'host:read', web)).toBe(true);
    expect(engine.permits(person(['dev']), 'host:read', web)).toBe(false);
  });

  it('that forbid win, over admins too', () => {
    const engine = engineWith('forbid (principal, action == Action::"host:delete", resource in Tag::"team=shop");');
    expect(engine.permits(bearer('admin'), 'host:delete', web)).toBe(false);
    expect(engine.permits(bearer('admin'), 'host:delete', db)).toBe(true);
  });
});

describe('the schema', () => {
  const typesOf = ({ resource }: Route): readonly ResourceType[] => {
    if (resource.of === 'fleet') return ['Fleet'];
    return resource.of === 'params' ? [resource.type] : resource.types;
  };
  const uses = Object.entries<Route>(routes).flatMap(([name, route]) =>
    typesOf(route).map((type) => [name, route.action, type] as const),
  );

  it.each(uses)('knows what %s does: %s on %s', (_name, action, type) => {
    const thing: Facts = type === 'Fleet' ? wholeFleet : { type, id: 'x', parents: [] };
    const beside = action === 'host:assign' || action === 'pool:activate' ? persona : null;
    expect(new PolicyEngine().permits(bearer('admin'), action, thing, beside)).toBe(true);
  });
});

describe('whatever goes wrong denies', () => {
  it('a forbid that fails while it is evaluated', () => {
    const engine = engineWith(`forbid (principal, action == Action::"host:delete", resource) ${overflow}`);
    expect(engine.faults).toEqual([]);
    expect(engine.permits(bearer('admin'), 'host:delete', web)).toBe(false);
    expect(engine.permits(bearer('admin'), 'host:read', web)).toBe(true);
    expect(engine.reach(bearer('admin'), 'host:delete', 'Host')).toBe('some');
  });

  it('a permit that fails, beside one that permits', () => {
    const engine = engineWith(`permit (principal, action == Action::"host:read", resource) ${overflow}`);
    expect(engine.permits(bearer('admin'), 'host:read', web)).toBe(false);
  });

  it('an action, a thing or a context that the schema does not know', () => {
    const engine = new PolicyEngine();
    expect(engine.permits(bearer('admin'), 'host:explode', web)).toBe(false);
    expect(engine.permits(bearer('admin'), 'policy:write', web)).toBe(false);
    expect(engine.permits(bearer('admin'), 'host:assign', web)).toBe(false);
    expect(engine.permits(bearer('admin'), 'host:read', web, persona)).toBe(false);
  });

  it('a policy that was set and does not fit any more: only admins change policies then', () => {
    const engine = engineWith('forbid (principal, action == Action::"host:burn", resource);');
    expect(engine.faults).toHaveLength(1);
    const policy: Facts = { type: 'Policy', id: 'set-0', parents: [] };
    expect(engine.permits(bearer('admin'), 'policy:write', policy)).toBe(true);
    expect(engine.permits(bearer('admin'), 'host:read', web)).toBe(false);
    expect(engine.permits(bearer('viewer'), 'policy:read', policy)).toBe(false);
    expect(engine.permits(hostPrincipal(parseHostId('web-1')), 'self:report', web)).toBe(false);
    expect(engine.reach(bearer('admin'), 'host:read', 'Host')).toBe('none');
  });
});

describe('a policy that is wrong', () => {
  it.each([
    ['permit (principal, action, resource', 1, 36, 'unexpected end of input'],
    ['// é\npermit (principal,\n  action == Action::"host:raed", resource);', 3, 13, 'host:raed'],
    ['permit (principal, action, resource)\nwhen { resource.colour == "red" };', 2, 8, 'colour'],
    ['permit (principal in Rôle::"x", action, resource);', 1, 23, 'token'],
    ['permit (principal == ?principal, action, resource);', 1, 1, 'template'],
  ])('%j is refused with line and column', (text, line, column, word) => {
    expect(() => parsePolicy('mine', text)).toThrow(
      expect.objectContaining({
        code: 'policy_invalid',
        problems: expect.arrayContaining([
          expect.objectContaining({
            file: 'mine.cedar',
            line,
            column,
            message: expect.stringContaining(word) as string,
          }),
        ]) as unknown,
      }),
    );
  });
});

describe('the reach of somebody', () => {
  it('is all, some or none of a type, told without looking at one thing at a time', () => {
    const engine = engineWith(
      'permit (principal in Role::"shop", action == Action::"host:read", resource in Tag::"team=shop");',
    );
    expect(engine.reach(bearer('viewer'), 'host:read', 'Host')).toBe('all');
    expect(engine.reach(bearer('shop'), 'host:read', 'Host')).toBe('some');
    expect(engine.reach(bearer(), 'host:read', 'Host')).toBe('none');
    expect(engine.reach({ ...bearer('viewer'), scope: { tags: ['team=shop'] } }, 'host:read', 'Host')).toBe('some');
    expect(engine.reach({ ...bearer('viewer'), scope: { actions: ['persona:read'] } }, 'host:read', 'Host')).toBe(
      'none',
    );
  });

  it('is some as soon as anything is forbidden', () => {
    const engine = engineWith('forbid (principal, action, resource == Host::"web-1");');
    expect(engine.reach(bearer('viewer'), 'host:read', 'Host')).toBe('some');
    expect(engine.reach(bearer('viewer'), 'persona:read', 'Persona')).toBe('all');
  });
});

describe('the agent of a host', () => {
  const own = hostPrincipal(parseHostId('web-1'));

  it.each(hostActions)('does %s for its own host and no other', (action) => {
    const engine = new PolicyEngine();
    expect(engine.permits(own, action, web)).toBe(true);
    expect(engine.permits(own, action, db)).toBe(false);
  });

  it('does nothing that people do', () => {
    const engine = new PolicyEngine();
    expect(engine.permits(own, 'host:read', web)).toBe(false);
    expect(engine.permits(own, 'system:read', wholeFleet)).toBe(false);
    expect(engine.permits(bearer('admin'), 'self:report', web)).toBe(false);
  });

  it('can be shut out by a policy', () => {
    const engine = engineWith('forbid (principal is Host, action, resource in Tag::"team=shop");');
    expect(engine.permits(own, 'self:greet', web)).toBe(false);
    expect(engine.permits(hostPrincipal(parseHostId('db-1')), 'self:greet', db)).toBe(true);
  });
});
