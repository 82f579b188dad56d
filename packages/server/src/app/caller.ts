/** Who asks, as the audit trail names them, and what they were permitted to do. */
import type { Doing } from '../permissions/permissions.ts';

export interface Caller extends Doing {
  readonly actor: string;
}
