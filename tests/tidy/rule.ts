import type { Repository, RepositoryFile } from './repository.ts';

/** One of the repository's own rules. `bad` proves that it can fail; `good` that it does not fail on its neighbour. */
export interface Rule {
  readonly name: string;
  /** Says what to do instead; shown with every finding. */
  readonly why: string;
  readonly check: (repository: Repository) => readonly Finding[];
  /** Small repositories, each with at least one finding. */
  readonly bad: readonly Sample[];
  /** Small repositories without any. */
  readonly good: readonly Sample[];
}

export interface Finding {
  readonly path: string;
  /** 1-based; 0 when the file as a whole is meant. */
  readonly line: number;
  readonly what: string;
}

/** Path → text. */
export type Sample = Readonly<Record<string, string>>;

export function filesOf(sample: Sample): readonly RepositoryFile[] {
  return Object.entries(sample).map(([path, text]) => ({ path, text }));
}

/** Applies a check that looks at one file at a time. */
export function each<F>(files: Iterable<F>, check: (file: F) => readonly Finding[]): readonly Finding[] {
  return [...files].flatMap(check);
}
