/** For tests: triggers from the text of a document, without its head. */
import { layerOf, parseDocument } from '@guise/model';
import { compileTriggers } from './compile-triggers.ts';
import type { CompiledTriggers } from './compiled.ts';

const head = 'guise: persona/v1\npersona_id: p\n';

export async function triggersOf(text: string, facts = {}): Promise<CompiledTriggers> {
  const own = parseDocument(head + text, 'p.yaml');
  const triggers = await compileTriggers(layerOf({ own, ancestors: [] }, { assignedBy: 'local' }), facts);
  if (triggers === null) throw new Error('the document has no triggers');
  return triggers;
}
