/** Recorded samples on their way to a replay: what every format becomes, and the error that names the place. */
import { GuiseError } from '@guise/model';

export interface Sample {
  readonly atMs: number;
  /** As recorded. */
  readonly metric: string;
  readonly value: number;
}

/** Some samples at a time, because a year of them one by one spends more time waiting than computing. */
export type Samples = AsyncIterable<readonly Sample[]>;

/** `place` is such as `metrics.csv:17`. */
export function unreadable(place: string, reason: string): GuiseError {
  return new GuiseError('argument_invalid', `Cannot read ${place}: ${reason}`);
}
