/**
 * Raises an alert for what a host lacks, words it anew at most every `limits.contentionAlertMs`, and clears it when it has lacked nothing
 * for as long. Whoever takes a machine over clears so what another process raised.
 */
import { type HostId, limits } from '@guise/model';
import { alertSignals, contentionAlert, setOwnAlert } from '../store/alerts.ts';
import { type Database, mutate } from '../store/database.ts';

interface Told {
  /** Undefined: by another process, if by any. */
  readonly message: string | null | undefined;
  readonly toldMs: number;
  /** When it last lacked something. */
  readonly lackedMs: number;
}

export class ContentionTeller {
  readonly #database: Database;
  readonly #actor: string;
  readonly #told = new Map<HostId, Told>();

  constructor(database: Database, actor: string) {
    this.#database = database;
    this.#actor = actor;
  }

  async tell(messages: ReadonlyMap<HostId, string | null>, nowMs: number): Promise<void> {
    for (const [hostId, message] of messages) {
      const {
        message: before,
        toldMs,
        lackedMs,
      } = this.#told.get(hostId) ?? {
        message: undefined,
        toldMs: Number.NEGATIVE_INFINITY,
        lackedMs: nowMs,
      };
      const lastMs = message === null ? lackedMs : nowMs;
      const isDue =
        message === null
          ? before !== null && nowMs - lackedMs >= limits.contentionAlertMs
          : message !== before && (typeof before !== 'string' || nowMs - toldMs >= limits.contentionAlertMs);
      if (isDue) await this.#set(hostId, message);
      this.#told.set(hostId, { message: isDue ? message : before, toldMs: isDue ? nowMs : toldMs, lackedMs: lastMs });
    }
  }

  async #set(hostId: HostId, message: string | null): Promise<void> {
    await mutate(this.#database, this.#actor, async (tx) => ({
      value: undefined,
      audit: null,
      signals: alertSignals(await setOwnAlert(tx, hostId, contentionAlert, message)),
    }));
  }
}
