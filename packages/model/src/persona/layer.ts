/** A persona becomes a layer: one active instance of it, with the values its author left open. */
import { GuiseError } from '../errors.ts';
import type { Layer, ResolvedPersona } from './resolved.ts';

/** Where layers stand that say nothing of it. */
const defaultPriority = 50;

export interface LayerOptions {
  /** Default: the persona's id. Two layers of one persona need two names. */
  readonly instance?: string | null;
  readonly version?: number | null;
  /** Default: the persona's own, or the nearest ancestor's that has one. */
  readonly priority?: number | null;
  readonly parameters?: Layer['parameters'];
  readonly assignedBy: string;
}

/** Throws: `argument_invalid` when the instance name is not usable. */
export function layerOf(persona: ResolvedPersona, options: LayerOptions): Layer {
  const { document } = persona.own;
  const instance = options.instance ?? document.persona_id;
  if (!/^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/.test(instance)) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot use ${JSON.stringify(instance.slice(0, 80))} as an instance name: it must be lower-case letters, digits, ".", "_" or "-", at most 64`,
    );
  }
  const inherited = persona.ancestors
    .map((ancestor) => ancestor.document.priority)
    .findLast((priority) => priority !== undefined);
  return {
    instance,
    persona_id: document.persona_id,
    version: options.version ?? null,
    priority: options.priority ?? document.priority ?? inherited ?? defaultPriority,
    parameters: options.parameters ?? {},
    assigned_by: options.assignedBy,
    persona,
  };
}
