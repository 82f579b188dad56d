/** `files` → one `file` per path. Content makes it a file; without content or type, only what is named is claimed. */
import type { PersonaDocument } from '@guise/model';
import { addressOf } from '@guise/model';
import type { ClaimSink } from '../claim-sink.ts';

/** Of a file with a secret in it whose author says nothing of it. */
export const secretMode = '0600';

export function compileFiles({ files }: PersonaDocument, sink: ClaimSink): void {
  for (const [name, entry] of Object.entries(files ?? {})) {
    const address = addressOf('file', name);
    const path = `files.${name}`;
    if (entry.source !== undefined && entry.content === undefined) {
      sink.refuse(`${path}.source`, 'must have been read', `the content of ${entry.source} is not in the persona`);
      continue;
    }
    // A file of no content is empty, and even that has to be among what can be written.
    if (entry.type === 'file') sink.content('');
    sink.set(address, 'type', entry.type ?? (entry.content === undefined ? undefined : 'file'), `${path}.type`);
    const secret = sink.secretContentAt(`${path}.content`);
    if (secret !== null) sink.set(address, 'digest', sink.secretContent(secret), `${path}.content`);
    else if (entry.content !== undefined) sink.set(address, 'digest', sink.content(entry.content), `${path}.content`);
    sink.set(address, 'target', entry.target, `${path}.target`);
    sink.set(address, 'mode', entry.mode ?? (secret === null ? undefined : secretMode), `${path}.mode`);
    sink.set(address, 'owner', entry.owner, `${path}.owner`);
    sink.set(address, 'group', entry.group, `${path}.group`);
  }
}
