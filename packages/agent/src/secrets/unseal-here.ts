/** Opens seals with this host's own key, which never leaves it. Read when it is needed; nothing is kept but the call. */
import { GuiseError } from '@guise/model';
import { unseal } from '@guise/trust/sealing';
import { readStateFile } from '../host/state-file.ts';
import type { Unseal } from './host-secrets.ts';

export function unsealHere(stateDirectory: string): Unseal {
  return (name, sealed) => {
    const key = sealingKeyIn(readStateFile(`${stateDirectory}/identity.json`));
    if (key !== null) return unseal(key, name, sealed);
    throw new GuiseError(
      'secret_unavailable',
      `Cannot open ${JSON.stringify(name)}: this host has no sealing key; enrol it again`,
    );
  };
}

function sealingKeyIn(text: string | null): string | null {
  try {
    const { sealing_key: key } = JSON.parse(text ?? '{}') as { readonly sealing_key?: unknown };
    return typeof key === 'string' ? key : null;
  } catch {
    return null;
  }
}
