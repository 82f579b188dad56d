/**
 * The secrets of one host. A layer that the control plane assigned gets what that sealed to this host, and nothing else: nobody there
 * can have a host's own secrets written somewhere. A layer of a person on this host gets the files in the host's own folder, and what
 * such a folder lacks, from what was sealed to it: who is root here may have both.
 */
import type { Layer } from '@guise/model';
import { GuiseError } from '@guise/model';
import { readLocalSecret } from '../host/local-secrets.ts';
import type { StoredSecret, StoredSecrets } from './sealed-store.ts';
import type { SecretSource } from './secret-source.ts';

/** Opens what was sealed to this host under a name. Throws: `secret_unavailable`, `cipher_failed`. */
export type Unseal = (name: string, sealed: string) => Uint8Array;

export interface HostSecretsOptions {
  /** Absolute: `/etc/guise/secrets` below the root. */
  readonly folder: string;
  readonly stored: () => StoredSecrets;
  readonly unseal: Unseal;
}

export function hostSecrets({ folder, stored, unseal }: HostSecretsOptions): SecretSource {
  return {
    open: (name, layer) => {
      const found = isLocal(layer) ? readLocalSecret(folder, name) : null;
      if (found !== null) return found;
      const secret = stored()[name] ?? null;
      if (secret?.sealed == null) throw notFound(name, isLocal(layer) ? folder : null);
      return openStored(name, { ...secret, sealed: secret.sealed }, unseal);
    },
    withSent: (sent) => {
      const also = Object.fromEntries(sent.map(({ name, ...rest }) => [name, { ...rest, offered: null }]));
      return hostSecrets({ folder, stored: () => ({ ...stored(), ...also }), unseal });
    },
  };
}

/** What a value is bound to when it is sealed, so that no other can be put in its place. */
function sealedName({ name, version }: { readonly name: string; readonly version: number }): string {
  return `secret/${name}/${version}`;
}

function isLocal({ assigned_by }: Pick<Layer, 'assigned_by'>): boolean {
  return assigned_by === 'local';
}

function notFound(name: string, folder: string | null): GuiseError {
  const way = folder === null ? 'the control plane has not sent it' : `put it into ${folder}/${name}, mode 0600`;
  return new GuiseError('secret_not_found', `Cannot find the secret "${name}": ${way}`);
}

function openStored(
  name: string,
  { version, sealed, offered }: StoredSecret & { readonly sealed: string },
  unseal: Unseal,
): Uint8Array {
  if (offered !== null) {
    throw new GuiseError(
      'secret_refused',
      `Cannot use the secret "${name}": the control plane sent version ${offered}, and this host had version ${version}; if that is right, set it again with --version ${version + 1}`,
    );
  }
  return unseal(sealedName({ name, version }), sealed);
}
