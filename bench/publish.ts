/** Puts the report of a run into its document, between two markers; all else in the document is written by people. */
import { readFileSync, writeFileSync } from 'node:fs';

export type Section =
  | 'figures'
  | 'figures of triggers'
  | 'figures at rest'
  | 'figures of contention'
  | 'figures of checkout'
  | 'figures of placement';

/** `section` names the markers. Throws: Error when the document has lost them. */
export function publish(path: string, section: Section, text: string): void {
  const [begin, end] = [`<!-- ${section}: written by npm run bench -->`, `<!-- end of ${section} -->`];
  const document = readFileSync(path, 'utf8');
  const [before, rest] = document.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${path} has no "${begin}" … "${end}"`);
  writeFileSync(path, `${before}${begin}\n\n${text}\n\n${end}${after}`);
}
