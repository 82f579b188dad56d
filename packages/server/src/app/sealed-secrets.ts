/** Opens secrets for as long as it takes to seal them to one host after the other. */
import { seal } from '@guise/trust/sealing';
import type { Database } from '../store/database.ts';
import { readSecrets } from '../store/secrets.ts';
import type { Vault } from '../store/vault.ts';
import type { NeededSecrets } from './needed-secrets.ts';

export interface SealedSecret {
  readonly name: string;
  readonly version: number;
  readonly sealed: string;
}

export type SealFor = (needed: NeededSecrets) => SealedSecret[] | null;

/** For many hosts at once. The function gives null when a secret has gone since it was looked for: the next look refuses the host. */
export async function sealingFor(database: Database, vault: Vault, hosts: readonly NeededSecrets[]): Promise<SealFor> {
  const opened = await readSecrets(database, vault, [...new Set(hosts.flatMap(({ names }) => names))]);
  return ({ names, sealingKey }) => {
    const sealed: SealedSecret[] = [];
    for (const name of names) {
      const secret = opened.get(name);
      if (secret === undefined || sealingKey === null) return null;
      const { version, value } = secret;
      sealed.push({ name, version, sealed: seal(sealingKey, `secret/${name}/${version}`, value) });
    }
    return sealed;
  };
}
