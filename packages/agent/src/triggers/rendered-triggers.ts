/** What layers say of triggers and monitoring, rendered once. Throws: what rendering throws. */
import type { LocatedDocument } from '@guise/model';
import type { KeptValues } from '../host/kept-values.ts';
import { LayerValues } from '../layer-values.ts';
import type { MakeElsewhere } from '../make-elsewhere.ts';

export function renderedTriggers(
  kept: KeptValues | null,
  elsewhere: MakeElsewhere | null,
): LayerValues<readonly LocatedDocument[]> {
  return new LayerValues({
    name: 'triggers',
    kept,
    elsewhere,
    async make(layer, facts) {
      const { renderTriggers } = await import('@guise/decide/compile');
      return renderTriggers(layer, facts);
    },
  });
}
