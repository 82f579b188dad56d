/** A persona document as YAML, keys in a fixed order, so that two can be compared line by line. */
import type { PersonaDocument } from '@guise/model';
import { stringify } from 'yaml';

const leading = ['guise', 'persona_id'];

export function documentText(document: PersonaDocument): string {
  return stringify(document, { lineWidth: 0, sortMapEntries: (a, b) => compare(String(a.key), String(b.key)) });
}

function compare(a: string, b: string): number {
  const [rankA, rankB] = [leading.indexOf(a), leading.indexOf(b)].map((rank) => (rank < 0 ? leading.length : rank));
  if (rankA !== rankB) return rankA! - rankB!;
  return a < b ? -1 : 1;
}
