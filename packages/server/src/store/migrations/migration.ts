import type { Executor } from '../database.ts';

/** One step of the schema. Once released it never changes; the next step is a new file. */
export interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
  /** Brings what is there already into the new tables, in the same transaction. */
  readonly fill?: (tx: Executor) => Promise<void>;
}
