/** What the control plane must keep and nobody may read in its database: keys of its own, and secrets. */
import type { Migration } from './migration.ts';

export const sealedValues: Migration = {
  name: '0003-sealed-values',
  statements: [
    `create table sealed_values (
      name text primary key,
      -- By @guise/trust/ciphers under the master key, bound to the name.
      value bytea not null,
      updated_at timestamptz not null default now()
    )`,
  ],
};
