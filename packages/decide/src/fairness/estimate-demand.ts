/**
 * What a host would use of the processors, from what it used and from whether its limit kept it from using more.
 *
 * Whoever is kept back wants more, and how much more nobody sees: its demand is twice what it may use, and grows so until it is kept
 * back no more. Whoever is not kept back wants the most that it used in one of its last readings, with a little headroom: so a
 * demand rises at once, a short pause starves nobody, and an even load has little beside it that others lack.
 * Shape: the estimate before and one reading → the estimate now, in cores. Of a host's first reading it is what it may use.
 */
export interface UsageReading {
  /** Of a clock that never jumps. */
  readonly atMs: number;
  /** Both since the host was started: they grow, and begin anew when it is restarted. */
  readonly cpuSeconds: number;
  readonly throttledSeconds: number;
  /** Since the reading before, in cores; null: no limit. */
  readonly allocation: number | null;
}

export interface Demand {
  readonly reading: UsageReading;
  readonly cores: number;
  /** Its limit kept it from using more. */
  readonly isHeldBack: boolean;
  /** Cores that it would have used besides, as far as its limit tells: the time in which its processes waited for the next period. */
  readonly lacks: number;
  /** Cores, of the last readings; the newest first. Empty: unknown. */
  readonly used: readonly number[];
}

/** Of what it lacks, in cores; less is a matter of single periods of 0.1 s. */
const lackedCores = 0.05;
/** Share of its limit that it used; the kernel hands time out in slices, so that the last bit is rarely used. */
const usedShare = 0.985;
const growth = 2;
const remembered = 4;
/** Share of what it uses: more than what makes it seem held back, and no more, because others lack it. */
const headroom = 0.025;

/** `mostCores`: nobody can use more. */
export function estimateDemand(before: Demand | null, reading: UsageReading, mostCores: number): Demand {
  const { allocation } = reading;
  const elapsedS = before === null ? 0 : (reading.atMs - before.reading.atMs) / 1000;
  if (before === null || elapsedS <= 0 || reading.cpuSeconds < before.reading.cpuSeconds) {
    return { reading, cores: Math.min(allocation ?? mostCores, mostCores), isHeldBack: false, lacks: 0, used: [] };
  }
  const usedNow = (reading.cpuSeconds - before.reading.cpuSeconds) / elapsedS;
  const lacks = (reading.throttledSeconds - before.reading.throttledSeconds) / elapsedS;
  const used = [usedNow, ...before.used].slice(0, remembered);
  const isHeldBack = allocation !== null && (lacks > lackedCores || usedNow >= allocation * usedShare);
  const wanted = isHeldBack ? Math.max(before.cores, allocation * growth) : Math.max(...used) * (1 + headroom);
  return { reading, cores: Math.min(wanted, mostCores), isHeldBack, lacks, used };
}
