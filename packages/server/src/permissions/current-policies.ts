/**
 * Keeps the engine at what the database has: on every signal, and before any decision that a newer revision should make.
 *
 * So a change counts for all processes from the first request that begins after it, also when a signal was lost.
 */
import type { Database } from '../store/database.ts';
import type { Listener } from '../store/listener.ts';
import { readPolicies } from '../store/policies.ts';
import { PolicyEngine } from './policy-engine.ts';

export class CurrentPolicies {
  readonly engine = new PolicyEngine();
  readonly #database: Database;
  readonly #report: (line: string) => void;
  #reading: Promise<void> | null = null;

  constructor(database: Database, report: (line: string) => void) {
    this.#database = database;
    this.#report = report;
  }

  follow(listener: Listener, onFailure: (error: unknown) => void): void {
    listener.subscribe((signal) => {
      if (signal.type === 'permissions') this.refresh().catch(onFailure);
    });
  }

  /** Nothing to do for most requests. */
  async reach(revision: number): Promise<void> {
    while (this.engine.revision < revision) await this.read();
  }

  /** At least as new as the database is now. */
  async refresh(): Promise<void> {
    await this.#reading;
    await this.read();
  }

  async read(): Promise<void> {
    // What is read already may be older than what was asked for; the caller looks again.
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #readOnce(): Promise<void> {
    const { policies, revision } = await readPolicies(this.#database);
    if (revision <= this.engine.revision) return;
    this.engine.load(policies, revision);
    for (const fault of this.engine.faults)
      this.#report(`guise server: nothing but policies can be changed until this is set right: ${fault.message}`);
  }
}
