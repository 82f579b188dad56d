/** `security_profile.encryption_keys` → one file per key, whose whole content is a secret and which only its owner can read. */
import type { PersonaDocument } from '@guise/model';
import { addressOf } from '@guise/model';
import type { ClaimSink } from '../claim-sink.ts';
import { secretMode } from './files.ts';

const keyFolder = '/etc/guise/keys';

export function compileEncryptionKeys({ security_profile }: PersonaDocument, sink: ClaimSink): void {
  for (const [name, key] of Object.entries(security_profile?.encryption_keys ?? {})) {
    const address = addressOf('file', key.path ?? `${keyFolder}/${name}`);
    const path = `security_profile.encryption_keys.${name}`;
    sink.set(address, 'type', 'file', path);
    sink.set(address, 'digest', sink.secretContent([{ secret: key.secret }]), `${path}.secret`);
    sink.set(address, 'mode', key.mode ?? secretMode, `${path}.mode`);
    sink.set(address, 'owner', key.owner ?? 'root', `${path}.owner`);
    sink.set(address, 'group', key.group ?? 'root', `${path}.group`);
  }
}
