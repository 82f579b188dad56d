/**
 * Shares out what several want more of than there is: weighted max-min fairness, where nobody gets less than its minimum.
 *
 * There is one water level L, and each gets `weight × L`, but not less than its minimum and not more than it wants. So a share could
 * only grow at the cost of one that is no larger for its weight, or of a minimum. A minimum that is not wanted is left to others.
 * Shape: n claimants → n shares by name, of a sum of at most `capacity`; exact up to rounding of doubles, in n log n steps.
 * Minima that exceed the capacity together: the shares are of the minima alone, by weight, and `unmet` says who lacks how much.
 * Source: Bertsekas and Gallager, Data Networks (2nd ed.), 6.5.2, "Max-Min Flow Control"; Radunović and Le Boudec, "A Unified Framework
 * for Max-Min and Min-Max Fairness with Applications", IEEE/ACM Transactions on Networking 15 (2007), for minima ("water filling").
 */
export interface Claimant {
  readonly name: string;
  /** Above 0. */
  readonly weight: number;
  /** What it has before anybody has more. */
  readonly minimum: number;
  /** What it would use; may be infinite. */
  readonly demand: number;
  /** What it may never exceed, whatever it wants; absent: nothing. */
  readonly ceiling?: number;
}

export interface Sharing {
  readonly shares: ReadonlyMap<string, number>;
  /** What each lacks of its minimum, when all minima together are more than there is. */
  readonly unmet: ReadonlyMap<string, number>;
}

interface Claim {
  readonly name: string;
  readonly weight: number;
  readonly floor: number;
  readonly cap: number;
}

export function shareOut(capacity: number, claimants: readonly Claimant[]): Sharing {
  // In one order, because sums of doubles depend on it.
  const claims = claimants.map(claimOf).sort((one, other) => (one.name < other.name ? -1 : 1));
  if (sumOf(claims, ({ floor }) => floor) <= capacity) {
    return { shares: filled(capacity, claims), unmet: new Map() };
  }
  const shares = filled(
    capacity,
    claims.map((claim) => ({ ...claim, floor: 0, cap: claim.floor })),
  );
  const lacking = claims.map(({ name, floor }) => [name, floor - shares.get(name)!] as const);
  return { shares, unmet: new Map(lacking.filter(([, lacks]) => lacks > 0)) };
}

function claimOf({ name, weight, minimum, demand, ceiling = Number.POSITIVE_INFINITY }: Claimant): Claim {
  const cap = Math.min(demand, ceiling);
  return { name, weight, floor: Math.min(minimum, cap), cap };
}

/** The floors fit into the capacity. */
function filled(capacity: number, claims: readonly Claim[]): ReadonlyMap<string, number> {
  const bounded = claims.map((claim) => ({ ...claim, cap: Math.max(claim.floor, Math.min(claim.cap, capacity)) }));
  const level = waterLevel(capacity, bounded);
  return new Map(bounded.map((claim) => [claim.name, shareAt(level, claim)]));
}

/** Where the shares come to the capacity; or where everybody has what it wants. */
function waterLevel(capacity: number, claims: readonly Claim[]): number {
  const bends = claims.flatMap(({ weight, floor, cap }) => [floor / weight, cap / weight]).sort((a, b) => a - b);
  const totalAt = (level: number) => sumOf(claims, (claim) => shareAt(level, claim));
  let [low, high] = [0, bends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (totalAt(bends[middle]!) >= capacity) high = middle;
    else low = middle + 1;
  }
  const bend = bends[low];
  if (bend === undefined) return Number.POSITIVE_INFINITY;
  // Between the bend before and this one, these rise with the level and the others stand still.
  const rises = ({ weight, floor, cap }: Claim) => floor / weight < bend && cap / weight >= bend;
  const rising = sumOf(claims, (claim) => (rises(claim) ? claim.weight : 0));
  const standing = sumOf(claims, (claim) => (rises(claim) ? 0 : shareAt(bend, claim)));
  return rising === 0 ? bend : (capacity - standing) / rising;
}

function shareAt(level: number, { weight, floor, cap }: Claim): number {
  return Math.min(Math.max(weight * level, floor), cap);
}

function sumOf<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}
