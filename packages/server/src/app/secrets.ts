/**
 * Secrets are set, rotated, listed and removed; no value ever comes back.
 *
 * Every set is a new version, also of the same value: otherwise whoever may set could find out what a value is. A new version makes a new
 * generation of what is desired on every host whose personas name it.
 * Throws: `secret_not_found`; `secret_in_use` naming the personas; `argument_invalid` for a version that goes back; `limit_exceeded`.
 */
import { GuiseError, limits } from '@guise/model';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import {
  countSecrets,
  insertSecretVersion,
  lockSecret,
  personasEverNaming,
  personasNaming,
  removeSecret,
  type SecretHead,
} from '../store/secrets.ts';
import type { Signal } from '../store/signal.ts';
import type { Vault } from '../store/vault.ts';
import type { Caller } from './caller.ts';

export interface SecretWrite {
  readonly name: string;
  readonly value: Uint8Array;
  /** It must be there already. */
  readonly existing: boolean;
  /** Default: the next. Past it, for hosts that know a later one than this database, which was restored. */
  readonly version?: number | undefined;
}

export interface WrittenSecret {
  readonly name: string;
  readonly version: number;
}

export async function putSecret(
  database: Database,
  vault: Vault,
  caller: Caller,
  { name, value, existing, version }: SecretWrite,
): Promise<WrittenSecret> {
  if (value.byteLength === 0) throw new GuiseError('argument_invalid', `Cannot set "${name}": the value is empty`);
  if (value.byteLength > limits.secretBytes) {
    throw new GuiseError('limit_exceeded', `Cannot set "${name}": it may have ${limits.secretBytes} bytes at most`);
  }
  return mutate(database, caller.actor, async (tx) => {
    const head = await lockSecret(tx, name);
    if (existing && (head === null || head.removed)) throw noSecret(name);
    if (head === null || head.removed) await refuseTooMany(tx);
    const written = { name, version: nextVersion(name, head, version) };
    await insertSecretVersion(tx, vault, { ...written, value, by: caller.actor });
    return {
      value: written,
      audit: { action: caller.action, resource: `secret/${name}`, detail: { version: written.version } },
      signals: await signalsOf(tx, name, 'secret.set'),
    };
  });
}

/** `force`: also while personas name it. Their hosts then keep what they have, and are told why they get nothing new. */
export async function deleteSecret(database: Database, caller: Caller, name: string, force: boolean): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    const head = await lockSecret(tx, name);
    if (head === null || head.removed) throw noSecret(name);
    const users = (await personasNaming(tx, [name])).get(name) ?? [];
    if (users.length > 0 && !force) {
      throw new GuiseError(
        'secret_in_use',
        `Cannot remove the secret "${name}": ${users.slice(0, 10).join(', ')} ${users.length === 1 ? 'names' : 'name'} it`,
      );
    }
    await removeSecret(tx, name);
    return {
      value: undefined,
      audit: { action: caller.action, resource: `secret/${name}`, detail: { removed: true, version: head.version } },
      signals: await signalsOf(tx, name, 'secret.removed'),
    };
  });
}

function nextVersion(name: string, head: SecretHead | null, asked: number | undefined): number {
  const next = (head?.version ?? 0) + 1;
  if (asked === undefined || asked >= next) return asked ?? next;
  throw new GuiseError(
    'argument_invalid',
    `Cannot set version ${asked} of the secret "${name}": versions never go down, and the next is ${next}`,
  );
}

async function refuseTooMany(tx: Executor): Promise<void> {
  if ((await countSecrets(tx)) < limits.secretsMax) return;
  throw new GuiseError('limit_exceeded', `Cannot keep more than ${limits.secretsMax} secrets`);
}

async function signalsOf(tx: Executor, name: string, event: string): Promise<readonly Signal[]> {
  const personas = await personasEverNaming(tx, name);
  return [
    ...personas.map((persona): Signal => ({ type: 'desired', scope: { persona } })),
    { type: 'event', event, subject: name },
  ];
}

function noSecret(name: string): GuiseError {
  return new GuiseError('secret_not_found', `Cannot find the secret "${name}"`);
}
