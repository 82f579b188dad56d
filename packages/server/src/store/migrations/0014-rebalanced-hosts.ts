/** What the rebalancer took from hosts that contend for a machine, so that it can be given back whoever does it. */
import type { Migration } from './migration.ts';

export const rebalancedHosts: Migration = {
  name: '0014-rebalanced-hosts',
  statements: [
    `-- A row while a host has not what is its own.
    create table rebalanced_hosts (
      host_id text primary key references fleet on delete cascade,
      -- What it had before, as { cpuCores, memoryMb }.
      own jsonb not null,
      -- What it was last made to have, and before that: one of the two is what it has, unless somebody else resized it.
      asked jsonb not null,
      asked_before jsonb not null,
      since timestamptz not null default now()
    )`,
  ],
};
