/** What layers say of triggers and monitoring, rendered and checked once. Throws: what rendering throws. */
import type { Facts, LocatedDocument } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { KeptValues } from '../host/kept-values.ts';
import { LayerValues } from '../layer-values.ts';
import type { MakeElsewhere } from '../make-elsewhere.ts';

export interface RenderedTriggers {
  /** The ancestors' documents, furthest first, then the persona's own. */
  readonly documents: readonly LocatedDocument[];
  /** Nothing is wrong with the triggers, so whoever compiles them need not know again which zones there are. */
  readonly isChecked: boolean;
}

export function renderedTriggers(
  kept: KeptValues | null,
  elsewhere: MakeElsewhere | null,
): LayerValues<RenderedTriggers> {
  return new LayerValues({
    name: 'triggers',
    kept,
    elsewhere,
    async make(layer, facts) {
      const { renderTriggers } = await import('@guise/decide/compile');
      const documents = renderTriggers(layer, facts);
      return { documents, isChecked: saysTriggers(documents) && (await areSound(documents, facts)) };
    },
  });
}

export function saysTriggers(documents: readonly LocatedDocument[]): boolean {
  return documents.some(
    ({ document }) => document.activation_triggers !== undefined || document.deactivation_triggers !== undefined,
  );
}

async function areSound(documents: readonly LocatedDocument[], facts: Facts): Promise<boolean> {
  const { triggersOf } = await import('@guise/decide/triggers');
  try {
    await triggersOf(documents, facts);
    return true;
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    return false;
  }
}
