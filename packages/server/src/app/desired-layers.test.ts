import type { HostId, PersonaId } from '@guise/model';
import { limits } from '@guise/model';
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../store/desired.ts';
import { desiredLayers } from './desired-layers.ts';

function candidate(over: Partial<Candidate>): Candidate {
  return {
    host_id: 'h1' as HostId,
    target_type: 'host',
    target: 'h1',
    instance: 'web',
    persona_id: 'web' as PersonaId,
    version: 1,
    digest: 'sha256:1',
    newest: 9,
    is_signed: true,
    rollback: null,
    priority: 50,
    parameters: {},
    assigned_by: 'alice',
    secrets: [],
    ...over,
  };
}

describe('desiredLayers', () => {
  it('takes the host’s own assignment before its tags’, those before its groups’, and those before its persona group’s', () => {
    const own = candidate({ version: 3 });
    const byTag = candidate({ target_type: 'tag', target: 'role=web', version: 2 });
    const byGroup = candidate({ target_type: 'group', target: 'rack', version: 1 });
    const byPersonaGroup = candidate({ target_type: 'persona_group', target: 'edge', version: 4 });
    const versionsOf = (...candidates: Candidate[]) => {
      const desired = desiredLayers(candidates);
      return desired.type === 'layers' ? desired.layers.map(({ version }) => version) : desired;
    };
    expect(versionsOf(byPersonaGroup, byGroup, byTag, own)).toEqual([3]);
    expect(versionsOf(byGroup, byTag)).toEqual([2]);
    expect(versionsOf(byPersonaGroup, byGroup)).toEqual([1]);
    expect(versionsOf(byPersonaGroup)).toEqual([4]);
  });

  it('says who asked for each layer', () => {
    const desired = desiredLayers([candidate({ target_type: 'tag', target: 'role=web' })]);
    expect(desired).toMatchObject({ layers: [{ assigned_by: 'tag:role=web by alice' }] });
  });

  it('refuses more layers than a host may have', () => {
    const many = Array.from({ length: limits.layersPerHost + 1 }, (_, index) => candidate({ instance: `i${index}` }));
    expect(desiredLayers(many).type).toBe('refused');
    expect(desiredLayers(many.slice(1)).type).toBe('layers');
  });
});
