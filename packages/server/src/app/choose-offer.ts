/**
 * Which host somebody gets who does not name one: the smallest that is large enough, and rather one that is idle.
 *
 * Shape: hosts that are free, and what is needed → one of them, or null when none fits. The same for the same, whatever their order.
 */
import { checkSizes } from '@guise/decide';
import type { LocatedDocument } from '@guise/model';
import type { HostOnOffer } from '../store/fleet.ts';

/** Documents of the persona that the host is to be, its own last; none for no persona. */
export type HostNeeds = readonly LocatedDocument[];

export function chooseOffer(offers: readonly HostOnOffer[], needs: HostNeeds): HostOnOffer | null {
  const [best] = offers.filter(({ facts }) => fits(facts, needs)).toSorted(compare);
  return best ?? null;
}

export function fits(facts: HostOnOffer['facts'], needs: HostNeeds): boolean {
  return checkSizes(needs, facts).length === 0;
}

function compare(one: HostOnOffer, other: HostOnOffer): number {
  return (
    Number(one.state !== 'idle') - Number(other.state !== 'idle') ||
    number(one, 'cpu_cores') - number(other, 'cpu_cores') ||
    number(one, 'memory_mb') - number(other, 'memory_mb') ||
    (one.hostId < other.hostId ? -1 : 1)
  );
}

/** What a host does not tell it may have much of. */
function number({ facts }: HostOnOffer, fact: string): number {
  const value = facts[fact];
  return typeof value === 'number' ? value : Number.MAX_SAFE_INTEGER;
}
