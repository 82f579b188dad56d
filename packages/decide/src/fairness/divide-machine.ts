/**
 * What each host on a machine may use of its processors for the next moment, from what all of them used in the last one.
 *
 * While there is enough for all, everybody has what it had before. Once the machine is nearly full, shares are weighted max-min fair of
 * what hosts want, and limits are shares: on a full machine on which nobody meets its limit it would not show who wants more. What nobody
 * wants is spread over all. The limits are of a sum of at most what the machine has, but for this: nobody's limit is below its guaranteed
 * minimum, also while it sleeps, so that it wakes to it; the kernel shares what is given away twice, until the next round.
 * Whoever is held back below what would be its own if everybody wanted everything has that at once.
 * When the machine has been far from full for some rounds, everybody has again what it had.
 * Shape: what was known and the readings of one instant → what is known now, and limits by name; null is none.
 */
import { type Demand, estimateDemand, type UsageReading } from './estimate-demand.ts';
import { type Claimant, type Sharing, shareOut } from './share-out.ts';

export interface MachineHost {
  readonly name: string;
  readonly reading: UsageReading;
  /** Null: it is nobody's to limit, and what it uses is not there for the others. */
  readonly claim: HostClaim | null;
}

export interface HostClaim {
  readonly weight: number;
  readonly minimumCores: number;
  /** What it may have at most, once anybody has to give way; null: all of the machine. */
  readonly ceilingCores: number | null;
  /** What it has while there is enough; null: no limit. */
  readonly ownCores: number | null;
}

export interface MachineReading {
  readonly cores: number;
  /** Share of the last 10 s in which something waited for a processor; null: unknown. */
  readonly pressure: number | null;
  readonly hosts: readonly MachineHost[];
}

export interface MachineKnown {
  readonly demands: ReadonlyMap<string, Demand>;
  readonly isContended: boolean;
  /** Rounds in a row in which there was enough. */
  readonly calmRounds: number;
}

export interface Division extends MachineKnown {
  /** Empty while nothing is known yet. */
  readonly limits: ReadonlyMap<string, number | null>;
  /** While the machine is contended. */
  readonly sharing: Sharing | null;
}

export const nothingKnown: MachineKnown = { demands: new Map(), isContended: false, calmRounds: 0 };

/** Of the machine's processors: from here on it counts as full; and as such when hosts wait for each other. */
const [full, fullUnderPressure] = [0.9, 0.7];
const pressured = 0.1;
/** Below this for so many rounds there is enough. */
const [calm, calmRoundsMin] = [0.7, 6];
/** Of its minimum: whoever uses that much has all of it, because on a full machine it would not show that it wants it. */
const awakeShare = 0.1;
/** Less, and a host cannot even answer. */
const leastCores = 0.05;

export function divideMachine(known: MachineKnown, { cores, pressure, hosts }: MachineReading): Division {
  const demands = new Map(
    hosts.map(({ name, reading }) => [name, estimateDemand(known.demands.get(name) ?? null, reading, cores)]),
  );
  const others = hosts.filter(({ claim }) => claim === null).map(({ name }) => Math.max(0, ...demands.get(name)!.used));
  const capacity = Math.max(0, cores - sum(others));
  const ours = hosts.flatMap(({ name, claim }) =>
    claim === null ? [] : [contenderOf(name, claim, demands.get(name)!, capacity)],
  );
  const filled = sum(ours.map(({ demand, ceiling, isKnown }) => (isKnown ? Math.min(demand, ceiling) : 0))) / capacity;
  const calmRounds = filled < calm ? known.calmRounds + 1 : 0;
  const isPressured = pressure !== null && pressure >= pressured;
  const isContended =
    ours.length > 1 &&
    (known.isContended ? calmRounds < calmRoundsMin : filled >= (isPressured ? fullUnderPressure : full));
  const next = { demands, isContended, calmRounds };
  if (!isContended) {
    // Whoever begins to look at a machine has first to see what is used of it.
    const isKnown = known.isContended || ours.every((contender) => contender.isKnown);
    return { ...next, sharing: null, limits: new Map(isKnown ? ours.map(({ name, own }) => [name, own]) : []) };
  }
  const sharing = sharingOf(capacity, ours);
  return { ...next, sharing, limits: limitsOf(capacity, ours, sharing) };
}

interface Contender extends Claimant {
  readonly ceiling: number;
  readonly own: number | null;
  readonly isHeldBack: boolean;
  readonly isKnown: boolean;
}

function contenderOf(name: string, claim: HostClaim, demand: Demand, capacity: number): Contender {
  const ceiling = Math.min(claim.ceilingCores ?? capacity, claim.ownCores ?? capacity, capacity);
  const minimum = Math.max(claim.minimumCores, leastCores);
  const isAwake = Math.max(0, ...demand.used) >= minimum * awakeShare;
  return {
    name,
    weight: claim.weight,
    minimum,
    demand: isAwake ? Math.max(demand.cores, minimum) : demand.cores,
    ceiling,
    own: claim.ownCores,
    isHeldBack: demand.isHeldBack,
    isKnown: demand.used.length > 0,
  };
}

function sharingOf(capacity: number, contenders: readonly Contender[]): Sharing {
  const { shares: fair } = shareOut(
    capacity,
    contenders.map((contender) => ({ ...contender, demand: capacity })),
  );
  return shareOut(
    capacity,
    contenders.map((contender) => {
      const { name, demand, isHeldBack } = contender;
      return isHeldBack ? { ...contender, demand: Math.max(demand, fair.get(name)!) } : contender;
    }),
  );
}

/** What nobody wants is spread, so that nobody is held back while there is something left. */
function limitsOf(
  capacity: number,
  contenders: readonly Contender[],
  { shares }: Sharing,
): ReadonlyMap<string, number> {
  const spread = shareOut(
    capacity,
    contenders.map((contender) => ({ ...contender, minimum: shares.get(contender.name)!, demand: capacity })),
  ).shares;
  // Of minima that are too much together, as much as there is.
  const kept = shareOut(
    capacity,
    contenders.map((contender) => ({ ...contender, demand: contender.minimum })),
  ).shares;
  return new Map(contenders.map(({ name }) => [name, Math.max(spread.get(name)!, kept.get(name)!)]));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
