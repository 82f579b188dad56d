/**
 * What a host would use of the processors, from what it used and from when its limit kept it from using more.
 *
 * Whoever is kept back wants more, and how much more nobody sees: its demand grows by half of its allocation, and again, until it
 * is kept back no more or has all that it may have. Whoever is not kept back wants what it uses, and headroom: four times
 * how much its use varies. So an even load has little beside it that others lack, and an uneven one is not cut at each peak.
 * A demand rises at once and falls by half of the difference, so that a pause starves nobody; differences that are small change nothing.
 * Shape: the estimate before and one reading → the estimate now, in cores. The first reading of a host tells what it may use now.
 * Source: the mean and its deviation as in Jacobson, "Congestion Avoidance and Control" (1988), appendix A.
 */
export interface UsageReading {
  /** Of a clock that never jumps. */
  readonly atMs: number;
  /** Both since the host was started: they grow, and begin anew when it is restarted. */
  readonly cpuSeconds: number;
  readonly throttledSeconds: number;
  /** Since the reading before; null: no limit. */
  readonly allocation: number | null;
}

export interface Demand {
  readonly reading: UsageReading;
  readonly cores: number;
  readonly isThrottled: boolean;
  /** Smoothed, in cores: what it uses, and how far that goes from it. */
  readonly mean: number;
  readonly deviation: number;
}

/** Share of the time in which a limit held it back, from which on that counts; less is a matter of periods of 0.1 s. */
const throttledShare = 0.05;
const growth = 1.5;
const [meanGain, deviationGain] = [0.5, 0.25];
const deviations = 4;
/** Headroom of the evenest load: a share of it, and so that what sleeps can wake. */
const [headroomShare, headroomCores] = [0.02, 0.01];
const fall = 0.5;
const steady = 0.01;

/** `mostCores`: nobody can use more. */
export function estimateDemand(before: Demand | null, reading: UsageReading, mostCores: number): Demand {
  const last = before?.reading;
  const elapsedS = last === undefined ? 0 : (reading.atMs - last.atMs) / 1000;
  const isAnew = last === undefined || reading.cpuSeconds < last.cpuSeconds || elapsedS <= 0;
  if (before === null || isAnew) {
    const cores = Math.min(reading.allocation ?? mostCores, mostCores);
    return { reading, cores, isThrottled: false, mean: cores, deviation: 0 };
  }
  const used = (reading.cpuSeconds - before.reading.cpuSeconds) / elapsedS;
  const throttled = (reading.throttledSeconds - before.reading.throttledSeconds) / elapsedS;
  const isThrottled = reading.allocation !== null && throttled > throttledShare;
  const error = used - before.mean;
  const mean = before.mean + meanGain * error;
  const deviation = before.deviation + deviationGain * (Math.abs(error) - before.deviation);
  const estimate = { reading, isThrottled, mean, deviation };
  if (isThrottled) {
    const known = Math.max(before.cores, reading.allocation ?? 0);
    const wanted = Math.max(known, (reading.allocation ?? 0) * growth, headroomCores);
    return { ...estimate, cores: Math.min(wanted, mostCores) };
  }
  const wanted = mean + Math.max(deviations * deviation, mean * headroomShare + headroomCores);
  return { ...estimate, cores: Math.min(towards(before.cores, Math.max(wanted, used)), mostCores) };
}

function towards(before: number, wanted: number): number {
  if (wanted >= before) return wanted;
  const isSteady = before - wanted <= before * steady;
  return isSteady ? before : before - fall * (before - wanted);
}
