import { roomFor } from '@guise/decide/placement';
import { parseHostId } from '@guise/model';
import { describe, expect, it } from 'vitest';
import type { HostOnOffer } from '../store/fleet.ts';
import { offersInOrder } from './choose-offer.ts';

function offer(name: string, cores: number, state: HostOnOffer['state'] = 'production'): HostOnOffer {
  return { hostId: parseHostId(name), state, facts: { cpu_cores: cores, memory_mb: cores * 1024, storage_gb: 20 } };
}

const chosen = (offers: readonly HostOnOffer[], cores = 2) =>
  offersInOrder(offers, roomFor({ required_cores: cores })).map(({ hostId }) => hostId);

describe('a host for whoever names none', () => {
  it('is the smallest that is large enough', () => {
    expect(chosen([offer('big', 16), offer('small', 1), offer('right', 2)])).toEqual(['right', 'big']);
  });

  it('is rather idle than taken out of production', () => {
    expect(chosen([offer('right', 2), offer('idle', 8, 'idle')])).toEqual(['idle', 'right']);
  });

  it('is the same whatever the order', () => {
    const offers = [offer('c', 2), offer('a', 2), offer('b', 2)];
    expect([chosen(offers), chosen(offers.toReversed())]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  it('is none when none fits, and any when nothing is needed', () => {
    expect(chosen([offer('small', 1)])).toEqual([]);
    expect(chosen([offer('small', 1)], 0)).toEqual(['small']);
  });
});
