import type { HostId } from '@guise/model';
import { describe, expect, it } from 'vitest';
import type { DesiredRow } from '../store/desired.ts';
import type { DesiredLayer, DesiredLayers } from './desired-layers.ts';
import { nextDesired } from './next-desired.ts';

const never: DesiredRow = {
  hostId: 'h1' as HostId,
  generation: 0,
  digest: null,
  refused: null,
  suspendedDigest: null,
  suspendedAt: null,
  appliedGeneration: null,
  outcome: null,
  secretVersions: null,
};

function layers(...versions: number[]): DesiredLayers {
  const layer = (version: number): DesiredLayer => ({
    instance: 'web',
    persona_id: 'web',
    version,
    priority: 50,
    parameters: {},
    assigned_by: 'host:h1 by alice',
    digest: `sha256:${version}`,
  });
  return { type: 'layers', layers: versions.map(layer) };
}

describe('nextDesired', () => {
  it('counts up exactly when the content differs', () => {
    const first = nextDesired(never, layers(1));
    expect(first.generation).toBe(1);
    expect(nextDesired(first, layers(1))).toEqual(first);
    expect(nextDesired(first, layers(2)).generation).toBe(2);
  });

  it('leaves a host alone that was never assigned anything, and empties one that was', () => {
    expect(nextDesired(never, layers())).toEqual(never);
    expect(nextDesired(nextDesired(never, layers(1)), layers()).generation).toBe(2);
  });

  it('keeps a suspension while the content is the suspended one, and ends it with any other', () => {
    const first = nextDesired(never, layers(1));
    const suspended = { ...first, suspendedDigest: first.digest, suspendedAt: new Date(0) };
    expect(nextDesired(suspended, layers(1))).toEqual(suspended);
    const moved = nextDesired(suspended, layers(2));
    expect(moved).toMatchObject({ generation: 2, suspendedDigest: null, suspendedAt: null });
    expect(nextDesired(moved, layers(1))).toMatchObject({ generation: 3, suspendedDigest: null });
  });

  it('changes no content by a refusal', () => {
    const first = nextDesired(never, layers(1));
    const refused = nextDesired(first, { type: 'refused', reason: 'too many' });
    expect(refused).toEqual({ ...first, refused: 'too many' });
    expect(nextDesired(refused, layers(1))).toEqual(first);
  });
});
