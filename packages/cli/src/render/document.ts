/** A persona document as YAML, keys in a fixed order, so that two can be compared line by line. */
import type { PersonaDocument } from '@guise/model';
import { stringify } from 'yaml';

export function documentText(document: PersonaDocument): string {
  const { guise, persona_id, ...facets } = document;
  const sorted = Object.fromEntries(Object.entries(facets).sort(([a], [b]) => (a < b ? -1 : 1)));
  return stringify({ guise, persona_id, ...sorted }, { lineWidth: 0, sortMapEntries: false });
}
