/** An audit log as it is read, from a control plane or a file: its name, then leaves in their order, each checkpoint after its last leaf. */
import type { LoggedEntry } from '@guise/decide/audit';

export type LogEvent =
  | {
      readonly type: 'log';
      readonly origin: string;
      readonly key: string;
      /** Entries that follow at least; when closed, exactly those, and all of them signed. */
      readonly size: number;
      readonly isClosed: boolean;
    }
  | LeafEvent
  | { readonly type: 'checkpoint'; readonly note: string }
  /** An entry that has no place in the log and waits for none. */
  | { readonly type: 'stray'; readonly sequence: number };

export interface LeafEvent {
  readonly type: 'leaf';
  readonly index: number;
  readonly sequence: number;
  /** As it was recorded when the entry got its place. */
  readonly hash: Uint8Array;
  /** Null when it is gone. */
  readonly entry: LoggedEntry | null;
}
