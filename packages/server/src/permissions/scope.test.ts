import { parseHostId, parsePersonaId } from '@guise/model';
import { describe, expect, it } from 'vitest';
import type { TokenScope } from './principal.ts';
import type { Facts } from './resource.ts';
import { wholeFleet } from './resource.ts';
import { scopeAllows } from './scope.ts';

const web: Facts = { type: 'Host', id: 'web-1', parents: [{ type: 'Tag', id: 'role=web' }] };
const db: Facts = { type: 'Host', id: 'db-1', parents: [{ type: 'Tag', id: 'role=db' }] };
const tag: Facts = { type: 'Tag', id: 'role=web', parents: [] };
const group: Facts = { type: 'HostGroup', id: 'edge', parents: [] };
const persona: Facts = { type: 'Persona', id: 'shop', parents: [] };
const other: Facts = { type: 'Persona', id: 'bank', parents: [] };
const token: Facts = { type: 'Token', id: 't', parents: [], own: true };

const rows: readonly (readonly [TokenScope | null, string, Facts, Facts | null, boolean])[] = [
  [null, 'host:read', web, null, true],
  [{ actions: ['host:read'] }, 'host:read', wholeFleet, null, true],
  [{ actions: ['host:read'] }, 'host:tag', web, null, false],
  [{ actions: ['host:read'] }, 'session:read', wholeFleet, null, true],
  [{ tags: ['role=web'] }, 'host:read', web, null, true],
  [{ tags: ['role=web'] }, 'host:read', tag, null, true],
  [{ tags: ['role=web'] }, 'host:read', db, null, false],
  [{ tags: ['role=web'] }, 'host:read', group, null, false],
  [{ tags: ['role=web'] }, 'system:read', wholeFleet, null, false],
  [{ tags: ['role=web'] }, 'token:write', token, null, false],
  [{ tags: ['role=web'] }, 'persona:read', persona, null, true],
  [{ hosts: [parseHostId('db-1')] }, 'host:read', db, null, true],
  [{ hosts: [parseHostId('db-1')] }, 'host:read', web, null, false],
  [{ hosts: [parseHostId('db-1')], tags: ['role=web'] }, 'host:read', web, null, true],
  [{ personas: [parsePersonaId('shop')] }, 'persona:publish', persona, null, true],
  [{ personas: [parsePersonaId('shop')] }, 'persona:publish', other, null, false],
  [{ personas: [parsePersonaId('shop')] }, 'host:assign', web, persona, true],
  [{ personas: [parsePersonaId('shop')] }, 'host:assign', web, other, false],
  [{ personas: [parsePersonaId('shop')] }, 'audit:read', wholeFleet, null, false],
];

describe('the scope of a token', () => {
  it.each(rows)('%j and %s on %j', (scope, action, resource, beside, isAllowed) => {
    expect(scopeAllows(scope, action, resource, beside)).toBe(isAllowed);
  });
});
