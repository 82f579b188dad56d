/** The one shape of a contender: `contenders/<name>.ts` exports one of these and `contenders/index.ts` lists it. */
import type { Role } from '../workload.ts';

/** A text, or where a symbolic link points. */
export type Content = string | { readonly target: string };

/** By absolute path on the host. */
export type Files = { readonly [path: string]: Content };

export interface Contender {
  /** As tables show it. */
  readonly name: string;
  /** Debian packages that it needs beyond what every lab host has. */
  readonly packages: readonly string[];
  /** What lies ready on the host's disk before anything is measured. */
  readonly files: Files;
  /** Commands before the first measurement, such as starting a resident agent. */
  readonly start: readonly (readonly string[])[];
  /** What is measured: makes the host this role, whatever it was. Arguments of measure.py, run in the host. */
  apply(role: Role): readonly string[];
}
