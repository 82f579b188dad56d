/** From an active layer on a host to its claims: renders its documents with the host's facts, then compiles them. */
<<<<<<< HEAD
import type { Facts, Layer, Problem } from '@guise/model';
=======
import type { Digest, Facts, Layer } from '@guise/model';
import { digestOfBytes } from '@guise/model';
>>>>>>> 327f86f624dbd05d6dae196556a6e5e8d2f95d81
import { renderPersona } from '@guise/model/documents';
import type { Compiled } from './compile.ts';
import { compileDocuments } from './compile.ts';
import { checkRequirements } from './requirements.ts';

export interface CompiledLayer extends Compiled {
  /** What the persona requires of a host and this one does not have. */
  readonly unmet: readonly Problem[];
}

<<<<<<< HEAD
/** Throws: what rendering throws (`template_invalid`, `parameter_invalid`, `document_invalid`) and what `compileDocuments` throws. */
export function compileLayer(layer: Layer, facts: Facts): CompiledLayer {
  const { documents } = renderPersona(layer.persona, { parameters: layer.parameters, facts, instance: layer.instance });
  return { ...compileDocuments(layer, documents), unmet: checkRequirements(documents, facts) };
=======
/** `digestOf` is SHA-256, for a caller that has a faster one than JavaScript's. Throws: what rendering throws (`template_invalid`, `parameter_invalid`, `document_invalid`) and what `compileDocuments` throws. */
export function compileLayer(
  layer: Layer,
  facts: Facts,
  digestOf: (bytes: Uint8Array) => Digest = digestOfBytes,
): Compiled {
  const { documents } = renderPersona(layer.persona, { parameters: layer.parameters, facts, instance: layer.instance });
  return compileDocuments(layer, documents, digestOf);
>>>>>>> 327f86f624dbd05d6dae196556a6e5e8d2f95d81
}
