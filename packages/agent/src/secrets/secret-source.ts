/** Where the values of secrets come from: the control plane, sealed to this host, or a folder of this host. */
import type { Layer } from '@guise/model';
import type { SentSecret } from './sealed-store.ts';

export interface SecretSource {
  /**
   * The value, for this moment only: whoever asks keeps it in memory and writes it nowhere but where the persona says.
   * Throws: `secret_not_found`; `secret_refused` for what may not be trusted; `secret_unavailable` when it cannot be opened.
   */
  open(name: string, layer: Pick<Layer, 'assigned_by'>): Uint8Array;
  /** As it would be with these, for looking ahead. */
  withSent(sent: readonly SentSecret[]): SecretSource;
}
