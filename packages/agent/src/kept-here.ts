/** What a state directory keeps from one run to the next. Null from source: its next run may be of other code. */
import { KeptValues } from './host/kept-values.ts';
import { programDigest } from './program-digest.ts';

export function keptHere(stateDirectory: string): KeptValues | null {
  return programDigest === null ? null : new KeptValues({ directory: `${stateDirectory}/kept`, madeBy: programDigest });
}
