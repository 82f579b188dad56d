/** One thing that the guided run shows and checks. Steps run in order and build on each other. */
import type { Client } from '@guise/api';
import type { Lab, LabHost } from '@guise/lab';
import { GuiseError, type HostId } from '@guise/model';
import type { Terminal } from '../../terminal.ts';

export interface Stage {
  readonly client: Client;
  readonly lab: Lab;
  /** The host that the run is about. */
  readonly host: LabHost;
  readonly hostId: HostId;
  readonly out: Pick<Terminal, 'columns' | 'style'>;
  /** What is going on, while it goes on. */
  readonly tell: (line: string) => void;
  /** Aborted by Ctrl-C; what waits then stops waiting. */
  readonly signal: AbortSignal;
}

export interface Step {
  readonly name: string;
  /** What a person is about to see. */
  readonly shows: string;
  /** Lines of evidence. Throws: `GuiseError` when what should be seen is not there. */
  run(stage: Stage): Promise<readonly string[]>;
}

/** Throws: `verify_failed`. */
export function require(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new GuiseError('verify_failed', otherwise);
}
