/**
 * How full file systems are, without ever waiting for one: a network file system whose server is gone answers statfs(2) never.
 *
 * Invariants: of one mount point at most one question is open; an answer counts for `limits.diskUsageFreshMs`; at most
 * `limits.diskQuestions` are open at once, because each that hangs holds a thread of the pool.
 */
import { statfs } from 'node:fs/promises';
import { limits } from '@guise/model';

interface Known {
  readonly utilization: number;
  readonly atMs: number;
}

export class DiskUsage {
  readonly #known = new Map<string, Known>();
  readonly #asking = new Set<string>();
  readonly #nowMs: () => number;

  /** Of a clock that never jumps. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** What was last answered, when that is fresh; and asks again. */
  utilization(mountPoint: string): number | null {
    void this.#ask(mountPoint);
    const known = this.#known.get(mountPoint);
    return known !== undefined && this.#nowMs() - known.atMs <= limits.diskUsageFreshMs ? known.utilization : null;
  }

  async #ask(mountPoint: string): Promise<void> {
    if (this.#asking.has(mountPoint) || this.#asking.size >= limits.diskQuestions) return;
    this.#asking.add(mountPoint);
    try {
      const { blocks, bfree, bavail } = await statfs(mountPoint);
      const used = blocks - bfree;
      // What df(1) calls use: blocks that only root may take count as neither used nor free.
      if (used + bavail > 0) this.#known.set(mountPoint, { utilization: used / (used + bavail), atMs: this.#nowMs() });
    } catch {
      this.#known.delete(mountPoint);
    } finally {
      this.#asking.delete(mountPoint);
    }
  }
}
