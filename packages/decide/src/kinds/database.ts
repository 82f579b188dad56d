/**
 * PostgreSQL roles and databases, named `postgresql/role/NAME` and `postgresql/database/NAME`.
 *
 * Databases go while the server that has them still runs, owners after what they own; they come after it runs, owners first.
 */
import type { Address, DatabaseState, State } from '@guise/model';
import { nameOf } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import type { Claimed, KindRules } from './kind-rules.ts';

const absent: DatabaseState = { present: false, owner: null, schema: null, login: null };

export const database: KindRules = {
  kind: 'database',
  absent,
  complete: completeDatabase,
  carried: [],
  // What is in a database is not part of its state; a schema that was loaded cannot be unloaded.
  reversibility: (before, after) => {
    if (before['present'] && !after['present']) return before['login'] === null ? 'irreversible' : 'compensating';
    return before['present'] && before['schema'] !== after['schema'] ? 'irreversible' : 'exact';
  },
  rank: (_before, after) => (after['present'] ? ranks.database : ranks.takeBack),
  sortKey: (address, _before, after) => `${isRole(nameOf(address)) === (after['present'] === true) ? 0 : 1}${address}`,
};

function completeDatabase(claimed: Claimed, baseline: State, name: string): State {
  if (!(claimed['present'] ?? baseline['present'] ?? false)) return absent;
  const role = isRole(name);
  return {
    present: true,
    owner: role ? null : (claimed['owner'] ?? baseline['owner'] ?? 'postgres'),
    schema: role ? null : (claimed['schema'] ?? baseline['schema'] ?? null),
    login: role ? (claimed['login'] ?? baseline['login'] ?? true) : null,
  };
}

function isRole(name: string): boolean {
  return name.startsWith('postgresql/role/');
}

export function databaseAddress(type: 'role' | 'database', name: string): Address {
  return `database:postgresql/${type}/${name}`;
}
