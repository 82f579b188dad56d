/** For whoever has no use for a host that is as it was. Throws: what made the switch fail; `undo_failed` when it could not be undone. */
import { GuiseError, isErrorCode } from '@guise/model';
import type { Outcome } from './engine.ts';

export function mustStand(outcome: Outcome): void {
  if (outcome.type === 'unchanged' || outcome.type === 'committed') return;
  const { code = 'change_failed', message = 'the switch was undone' } = outcome.transaction.error ?? {};
  throw new GuiseError(outcome.type === 'stuck' ? 'undo_failed' : isErrorCode(code) ? code : 'change_failed', message);
}
