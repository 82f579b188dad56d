/** `software_stack` → one `package` per entry. What is removed from the list is no longer asked for; `=absent` asks for its absence. */
import type { PersonaDocument } from '@guise/model';
import { addressOf } from '@guise/model';
import type { ClaimSink } from '../claim-sink.ts';

export function compilePackages({ software_stack: stack }: PersonaDocument, sink: ClaimSink): void {
  if (stack === undefined) return;
  const isList = 'map' in stack;
  const [asked, removed] = isList ? [stack, []] : [stack.append ?? [], stack.remove ?? []];
  for (const [index, entry] of asked.entries()) {
    const [name, version = '*'] = splitEntry(entry);
    const path = isList ? `software_stack.${index}` : `software_stack.append.${index}`;
    sink.set(addressOf('package', name), 'version', version === 'absent' ? null : version, path);
  }
  for (const [index, entry] of removed.entries()) {
    const [name] = splitEntry(entry);
    sink.operate(addressOf('package', name), 'version', [{ unset: true }], `software_stack.remove.${index}`);
  }
}

/** `curl=7.88.*` → `curl`, `7.88.*`. */
function splitEntry(entry: string): readonly [name: string, version?: string] {
  const equals = entry.indexOf('=');
  return equals === -1 ? [entry] : [entry.slice(0, equals), entry.slice(equals + 1)];
}
