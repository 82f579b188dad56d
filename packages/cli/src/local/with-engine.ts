/**
 * Opens the engine of this machine for one command, and closes it.
 *
 * Before the command's own work, an interrupted transaction is finished and told of on standard error.
 * Throws: `not_permitted` without root on a live machine; `undo_failed` when the interrupted one could not be undone.
 */
import { type Engine, engineHere } from '@guise/agent';
import { GuiseError } from '@guise/model';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { recoveredLine } from '../render/transaction.ts';
import { type HostPlace, placesOf } from './host-place.ts';

export async function withEngine(
  context: Context,
  place: HostPlace,
  work: (engine: Engine) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { root, stateDirectory } = placesOf(place, context);
  if (root === '/' && !context.isRoot) {
    throw new GuiseError(
      'not_permitted',
      'Cannot work on this machine without root: run it with sudo, or give --root DIR',
    );
  }
  const engine = engineHere({ root, stateDirectory });
  try {
    await finishInterrupted(engine, context);
    return await work(engine);
  } finally {
    engine.close();
  }
}

async function finishInterrupted(engine: Engine, { err }: Context): Promise<void> {
  const recovered = await engine.recover();
  if (recovered === null) return;
  if (recovered.status === 'stuck') {
    throw new GuiseError('undo_failed', recovered.error?.message ?? 'Cannot undo the switch that was interrupted');
  }
  err.line(err.style.changed(recoveredLine(recovered)));
}
