/** `commands` → `command`. */
import type { PersonaDocument } from '@guise/model';
import { addressOf } from '@guise/model';
import type { ClaimSink } from '../claim-sink.ts';

export function compileCommands({ commands }: PersonaDocument, sink: ClaimSink): void {
  for (const [index, entry] of (commands ?? []).entries()) {
    const address = addressOf('command', entry.name);
    const path = `commands.${index}`;
    sink.set(address, 'done', true, path);
    sink.set(address, 'check', entry.check, `${path}.check`);
    sink.set(address, 'do', entry.do, `${path}.do`);
    sink.set(address, 'undo', entry.undo, `${path}.undo`);
  }
}
