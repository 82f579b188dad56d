/**
 * Groups, by their lines in `/etc/group` and `/etc/gshadow`. Members belong to the state of users.
 * Source: group(5), gshadow(5).
 */
import type { AccountRecord, Address, Change, GroupState, State } from '@guise/model';
import { nameOf } from '@guise/model';
import {
  type AccountDatabase,
  editAccounts,
  ranksOf,
  readAccountDatabase,
  sweepAccounts,
} from '../accounts/account-database.ts';
import { freeNumber } from '../accounts/free-numbers.ts';
import type { Adapter } from '../adapter.ts';

const absent: GroupState = { present: false, gid: null, torn: false, record: null };

export const groupAdapter: Adapter = {
  kind: 'group',
  offline: true,

  async observe(asked, { host }) {
    const database = readAccountDatabase(host.files);
    return new Map(asked.map(({ address }): [Address, State] => [address, groupState(nameOf(address), database)]));
  },

  async resolve(wanted, _released, live, { host }) {
    const database = readAccountDatabase(host.files);
    const taken = new Set([
      ...database.group.all().map((fields) => Number(fields[2])),
      ...[...wanted.values()].map(({ gid }) => Number(gid)),
    ]);
    const targets = new Map<Address, State>();
    for (const [address, target] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (target['present'] !== true || target['gid'] !== null) continue;
      const gid = live.get(address)?.['gid'] ?? freeNumber(nameOf(address), target['system'] === true, taken);
      targets.set(address, { ...target, gid });
    }
    return { targets, implied: new Map() };
  },

  async apply(changes, { host, signal }) {
    await editAccounts(host.files, signal, (database) => {
      for (const change of byPlace(changes)) setGroup(change, database);
    });
  },

  sweep: (_addresses, { host }) => sweepAccounts(host.files),
};

function groupState(name: string, { group, gshadow }: AccountDatabase): GroupState {
  const place = group.place(name);
  const shadowPlace = gshadow?.place(name);
  const torn = gshadow !== null && (place === undefined) !== (shadowPlace === undefined);
  if (place === undefined) return { ...absent, torn };
  const record: AccountRecord = {
    group: { ...place },
    ...(shadowPlace === undefined ? {} : { gshadow: { ...shadowPlace } }),
  };
  return { present: true, gid: Number(place.text.split(':')[2]), torn, record };
}

/** Lines that return to their place find the one before them there already. */
function byPlace(changes: readonly Change[]): readonly Change[] {
  const index = ({ after }: Change): number =>
    (after as GroupState).record?.['group']?.index ?? Number.POSITIVE_INFINITY;
  return [...changes].sort((a, b) => (index(a) === index(b) ? 0 : index(a) - index(b)));
}

function setGroup({ address, after }: Change, database: AccountDatabase): void {
  const name = nameOf(address);
  const { present, gid, record } = after as GroupState;
  const { group, gshadow } = database;
  if (!present) {
    group.remove(name);
    gshadow?.remove(name);
    return;
  }
  const [, password = gshadow === null ? '*' : 'x', , members = ''] =
    group.fields(name) ?? record?.['group']?.text.split(':') ?? [];
  const rank = ranksOf(group, name, String(gid));
  group.set([name, password, String(gid), members], rank, record?.['group']);
  if (gshadow === null || gshadow.fields(name) !== undefined) return;
  const fields =
    record?.['gshadow']?.text.split(':') ?? (record === null || record === undefined ? [name, '!', '', members] : null);
  if (fields !== null) gshadow.set(fields, rank, record?.['gshadow']);
}
