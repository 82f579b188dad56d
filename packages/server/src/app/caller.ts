/** Who asks, as the audit trail names them, and what they were permitted to do. */
import type { Action } from '@guise/api';

export interface Caller {
  readonly actor: string;
  readonly action: Action;
}
