/** From an active layer on a host to its claims: renders its documents with the host's facts, then compiles them. */
import type { Digest, Facts, Layer, Problem } from '@guise/model';
import { digestOfBytes } from '@guise/model';
import { renderPersona } from '@guise/model/documents';
import type { Compiled } from './compile.ts';
import { compileDocuments } from './compile.ts';
import { checkRequirements } from './requirements.ts';

export interface CompiledLayer extends Compiled {
  /** What the persona requires of a host and this one does not have. */
  readonly unmet: readonly Problem[];
}

/** `digestOf` is SHA-256, for a caller that has a faster one than JavaScript's. Throws: what rendering throws (`template_invalid`, `parameter_invalid`, `document_invalid`) and what `compileDocuments` throws. */
export function compileLayer(
  layer: Layer,
  facts: Facts,
  digestOf: (bytes: Uint8Array) => Digest = digestOfBytes,
): CompiledLayer {
  const { documents } = renderPersona(layer.persona, { parameters: layer.parameters, facts, instance: layer.instance });
  return { ...compileDocuments(layer, documents, digestOf), unmet: checkRequirements(documents, facts) };
}
