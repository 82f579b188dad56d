import { type LocatedDocument, parseHostId } from '@guise/model';
import { describe, expect, it } from 'vitest';
import type { HostOnOffer } from '../store/fleet.ts';
import { chooseOffer } from './choose-offer.ts';

function offer(name: string, cores: number, state: HostOnOffer['state'] = 'production'): HostOnOffer {
  return { hostId: parseHostId(name), state, facts: { cpu_cores: cores, memory_mb: cores * 1024 } };
}

function needing(required_cores: number): readonly LocatedDocument[] {
  return [
    { document: { guise: 'persona/v1', persona_id: 'p', required_cores }, file: 'p.yaml', positions: {} },
  ] as never;
}

const chosen = (offers: readonly HostOnOffer[], needs = needing(2)) => chooseOffer(offers, needs)?.hostId ?? null;

describe('a host for whoever names none', () => {
  it('is the smallest that is large enough', () => {
    expect(chosen([offer('big', 16), offer('small', 1), offer('right', 2)])).toBe('right');
  });

  it('is rather idle than taken out of production', () => {
    expect(chosen([offer('right', 2), offer('idle', 8, 'idle')])).toBe('idle');
  });

  it('is the same whatever the order', () => {
    const offers = [offer('c', 2), offer('a', 2), offer('b', 2)];
    expect([chosen(offers), chosen(offers.toReversed())]).toEqual(['a', 'a']);
  });

  it('is none when none fits, and any when nothing is needed', () => {
    expect(chosen([offer('small', 1)])).toBeNull();
    expect(chosen([offer('small', 1)], [])).toBe('small');
  });
});
