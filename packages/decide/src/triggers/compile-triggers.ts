/** From a layer to triggers that can be evaluated, in one step, for whoever does not keep what is rendered. */
import type { Facts, Layer } from '@guise/model';
import type { CompiledTriggers } from './compiled.ts';
import { triggersOf } from './read-triggers.ts';
import { renderTriggers } from './render-triggers.ts';

/** Null when the layer is always active. Throws: what rendering throws; `document_invalid` with every problem of the triggers. */
export function compileTriggers(layer: Layer, facts: Facts): Promise<CompiledTriggers | null> {
  return triggersOf(renderTriggers(layer, facts), facts);
}
