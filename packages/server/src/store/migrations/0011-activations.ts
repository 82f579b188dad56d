/** What was asked of pools: which persona is to be put into service, for whom, and on which host it is. */
import type { Migration } from './migration.ts';

export const activations: Migration = {
  name: '0011-activations',
  statements: [
    `create table activations (
      activation_id uuid primary key default gen_random_uuid(),
      -- In the order of the requests.
      sequence bigint generated always as identity,
      pool_id text not null references pools,
      persona_id text not null references personas,
      -- Null follows the current one.
      version integer,
      instance text not null,
      tenant text,
      parameters jsonb not null,
      -- As it was asked for: role=web,env!=prod.
      selector text,
      -- May be on a host that has others.
      share boolean not null,
      -- The room that it takes: {milliCores, memoryMb, storageMb}.
      need jsonb not null,
      state text not null default 'pending'
        check (state in ('pending', 'activating', 'returning', 'warm', 'active', 'deactivating', 'ended', 'failed')),
      -- A spare that is made ready before anybody asks.
      spare boolean not null default false,
      -- Null before one was chosen, and after it was given back.
      host_id text references hosts on delete set null,
      -- When the host was taken, or has to be given back.
      taken_at timestamptz,
      -- The hosts that were tried or could not be taken, and why: [{host_id, reason}].
      tries jsonb not null default '[]',
      -- What moves it now.
      flow_id uuid references flows,
      requested_by text not null,
      requested_at timestamptz not null default now(),
      changed_at timestamptz not null default now()
    )`,
    'create index activations_pool on activations (pool_id, sequence)',
    `-- One instance is one layer of its host.
    create unique index activations_on_host on activations (host_id, instance)
      where state in ('activating', 'returning', 'warm', 'active', 'deactivating')`,
    "create index activations_spare on activations (pool_id) where spare and state not in ('ended', 'failed')",
  ],
};
