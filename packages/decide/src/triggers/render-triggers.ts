/** What a host that adapts itself reads of a layer: its triggers and what it wants to be watched, rendered with the host's facts. */
import type { Facts, Layer, LocatedDocument } from '@guise/model';
import { renderPersona } from '@guise/model/documents';

/** The ancestors' documents, furthest first, then the persona's own. Throws: what rendering throws. */
export function renderTriggers(layer: Layer, facts: Facts): readonly LocatedDocument[] {
  const persona = { own: triggersOnly(layer.persona.own), ancestors: layer.persona.ancestors.map(triggersOnly) };
  return renderPersona(persona, { parameters: layer.parameters, facts, instance: layer.instance }).documents;
}

/**
 * Rendering costs what a document holds, and a rehearsal knows nothing of the host that other facets name. Of the places only those of what
 * is left: a document with a hundred files has thousands, and a host keeps what is rendered here for each of its candidates.
 */
function triggersOnly({ file, document, positions }: LocatedDocument): LocatedDocument {
  const { guise, persona_id, parameters, monitoring, performance_metrics } = document;
  const { activation_triggers, deactivation_triggers, cooldown, min_active, max_switches_per_hour } = document;
  const flapping = { cooldown, min_active, max_switches_per_hour };
  const watched = { monitoring, performance_metrics };
  const kept = { guise, persona_id, parameters, ...watched, activation_triggers, deactivation_triggers, ...flapping };
  const said = Object.entries(kept).filter(([, value]) => value !== undefined);
  const names = new Set(said.map(([name]) => name));
  return {
    file,
    positions: Object.fromEntries(Object.entries(positions).filter(([path]) => names.has(path.split('.', 1)[0]!))),
    document: Object.fromEntries(said) as LocatedDocument['document'],
  };
}
