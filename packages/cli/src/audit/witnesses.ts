/**
 * Checkpoints that others than the control plane kept: in files, and in the agent of this machine.
 *
 * Throws: `argument_invalid` for a file that cannot be read.
 */
import { readFileSync } from 'node:fs';
import { GuiseError } from '@guise/model';
import { askAgent } from '../local/ask-agent.ts';
import type { Witness } from './finding.ts';

export interface AgentWitness {
  /** Pinned when this machine enrolled: 32 bytes as base64. */
  readonly key: string;
  readonly note: string | null;
}

export function witnessIn(file: string): Witness {
  try {
    return { note: readFileSync(file, 'utf8'), source: file };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GuiseError('argument_invalid', `Cannot read the checkpoint ${file}: ${reason}`, { cause });
  }
}

/** Null where no agent runs, or it has not enrolled. */
export async function agentWitness(): Promise<AgentWitness | null> {
  const state = await askAgent<{ readonly audit?: AgentWitness | null }>('/state', {
    root: undefined,
    stateDir: undefined,
  });
  return state?.audit ?? null;
}
