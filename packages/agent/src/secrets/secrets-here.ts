/** Where a host's secrets are: the one place that knows their files. */
import { join } from 'node:path';
import { type Layer, secretsOf } from '@guise/model';
import type { Engine } from '../engine/engine.ts';
import { hostSecrets } from './host-secrets.ts';
import { type SealedStore, sealedFile } from './sealed-store.ts';
import type { SecretSource } from './secret-source.ts';
import { unsealHere } from './unseal-here.ts';

const folderBelowRoot = 'etc/guise/secrets';

export function sealedStoreIn(stateDirectory: string): SealedStore {
  return sealedFile(`${stateDirectory}/secrets.json`);
}

/** `root`: `/`, or the directory of an offline tree, which has its own secrets. */
export function secretsHere(root: string, stateDirectory: string): SecretSource {
  return hostSecrets({
    folder: join(root, folderBelowRoot),
    stored: () => sealedStoreIn(stateDirectory).read(),
    unseal: unsealHere(stateDirectory),
  });
}

/** By what is active here, and by what a rollback or a revert would bring back. */
export function secretsInUse(
  engine: Pick<Engine, 'active' | 'previous'>,
  inSnapshots: readonly Layer[],
): ReadonlySet<string> {
  const layers = [...engine.active(), ...(engine.previous() ?? []), ...inSnapshots];
  return new Set(layers.flatMap(({ persona }) => secretsOf(persona)));
}
