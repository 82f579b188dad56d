/**
 * What an agent remembers of its host's adaptation: in one file what people said (declared layers, holds), in another what its
 * triggers know.
 *
 * Invariant: each file is one whole state, the old or the new. One that cannot be read is as good as none: then nothing was declared
 * or held, and triggers begin anew; the control plane's wishes are elsewhere and stay.
 * Throws: `journal_failed` when a file cannot be written.
 */
import { hold, layer } from '@guise/api/agent-wire';
import type { Digest, Json, Layer } from '@guise/model';
import { GuiseError } from '@guise/model';
import { z } from 'zod';
import { digestOf } from '../host/digest.ts';
import { readStateFile, writeStateFile } from '../host/state-file.ts';
import type { KeptHold } from './holds.ts';

/** What people said, on this host. */
export interface Declarations {
  /** Also of what the control plane assigned, when a person went back to it. */
  readonly declared: readonly Layer[];
  /** The generation of the desired state in whose place they are; null when they are beside it. */
  readonly insteadOf: number | null;
  readonly holds: readonly KeptHold[];
}

export interface TriggerMemory {
  /** Of decide/triggers; null when there is none yet. */
  readonly snapshot: Json;
  readonly decisions: {
    readonly [instance: string]: {
      readonly active: boolean;
      readonly decidedBy: 'always' | 'triggers' | 'hold';
      readonly sinceMs: number;
    };
  };
  /** Keys of the active sets that this agent itself made last, or was about to make. Any other is somebody else's. */
  readonly ownSets: readonly string[];
}

export interface AdaptationMemory {
  /** Null when nothing was ever kept, or it cannot be read. */
  declarations(): Declarations | null;
  triggers(): TriggerMemory | null;
  keepDeclarations(declarations: Declarations): void;
  keepTriggers(memory: TriggerMemory): void;
}

const declarations = z.object({
  declared: z.array(layer),
  insteadOf: z.int().nullable(),
  holds: z.array(z.object({ hold, layer: layer.nullable() })),
});
const decision = z.object({
  active: z.boolean(),
  decidedBy: z.enum(['always', 'triggers', 'hold']),
  sinceMs: z.number(),
});
const triggerMemory = z.object({
  snapshot: z.json(),
  decisions: z.record(z.string(), decision),
  ownSets: z.array(z.string()),
});

export function adaptationFiles(directory: string): AdaptationMemory {
  const declared = `${directory}/declarations.json`;
  const triggers = `${directory}/triggers.json`;
  const written = new Map<string, Digest>();
  /** Most of what is kept was kept before, and a write waits for the disk. */
  const keep = (path: string, value: unknown): void => {
    const text = JSON.stringify(value);
    const digest = digestOf(Buffer.from(text));
    if (written.get(path) === digest) return;
    // Whether a write that fails came through is not known.
    written.delete(path);
    write(path, text);
    written.set(path, digest);
  };
  return {
    declarations: () => read(declared, declarations),
    triggers: () => read(triggers, triggerMemory),
    keepDeclarations: (value) => keep(declared, value),
    keepTriggers: (value) => keep(triggers, value),
  };
}

function read<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> | null {
  try {
    const parsed = schema.safeParse(JSON.parse(readStateFile(path) ?? 'null'));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function write(path: string, text: string): void {
  try {
    writeStateFile(path, text);
  } catch (cause) {
    throw new GuiseError('journal_failed', `Cannot keep ${path}`, { cause });
  }
}
