/**
 * A bucket of units for each key, which fills at a steady rate: so many at once, so many a second for good.
 *
 * A key with a unit left may take, and goes into debt by what that costs; so what was let in is never cut short, and what is not
 * let in costs nothing. Bounds: `keysMax` are remembered; the one not heard from longest goes first, and is as good as new.
 */
export interface Rate {
  readonly perSecond: number;
  readonly atOnce: number;
}

interface Bucket {
  units: number;
  atMs: number;
}

export class RateBuckets {
  readonly #rate: Rate;
  readonly #keysMax: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, keysMax: number) {
    this.#rate = rate;
    this.#keysMax = keysMax;
  }

  /** How long until the key may take again; 0 when it may now. */
  waitMs(key: string, nowMs: number): number {
    const known = this.#buckets.get(key);
    if (known === undefined) return 0;
    this.#fill(known, nowMs);
    return known.units >= 1 ? 0 : Math.ceil(((1 - known.units) * 1000) / this.#rate.perSecond);
  }

  take(key: string, units: number, nowMs: number): void {
    const bucket = this.#buckets.get(key) ?? { units: this.#rate.atOnce, atMs: nowMs };
    this.#fill(bucket, nowMs);
    bucket.units -= units;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined && this.#buckets.size > this.#keysMax) this.#buckets.delete(oldest);
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** A clock that went back gives nothing, and takes nothing away. */
  #fill(bucket: Bucket, nowMs: number): void {
    const earned = (Math.max(0, nowMs - bucket.atMs) / 1000) * this.#rate.perSecond;
    bucket.units = Math.min(this.#rate.atOnce, bucket.units + earned);
    bucket.atMs = nowMs;
  }
}
