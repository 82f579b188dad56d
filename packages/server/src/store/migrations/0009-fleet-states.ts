/** What each host of the fleet is doing, leases of hosts, and the flows that move them. */
import type { Migration } from './migration.ts';

export const fleetStates: Migration = {
  name: '0009-fleet-states',
  statements: [
    // Trusted by PostgreSQL: the owner of a database may add it.
    'create extension if not exists btree_gist',
    `create table pools (
      pool_id text primary key,
      -- { warm: how many idle hosts are kept ready, persona_id: with what }
      policy jsonb not null default '{}',
      created_by text not null,
      created_at timestamptz not null default now()
    )`,
    `-- A row for every host, from its enrolment on.
    create table fleet (
      host_id text primary key references hosts on delete cascade,
      pool_id text references pools,
      state text not null default 'production'
        check (state in ('production', 'draining', 'checked_out', 'activating', 'idle', 'quarantined')),
      since timestamptz not null default now(),
      -- Why it is quarantined, with where the evidence is.
      reason text,
      provider text not null default 'agent',
      -- What the provider calls it, and the machine that it shares with others.
      provider_host text,
      machine text,
      -- Counts up with every lease and never down: whoever acts on the host with a smaller one is refused.
      fence bigint not null default 0
    )`,
    'insert into fleet (host_id) select host_id from hosts',
    `create function join_fleet() returns trigger language plpgsql as $$
      begin
        insert into fleet (host_id) values (new.host_id) on conflict do nothing;
        return null;
      end $$`,
    'create trigger joins_fleet after insert on hosts for each row execute function join_fleet()',
    'create index fleet_pool on fleet (pool_id, state)',
    'create index fleet_machine on fleet (machine) where machine is not null',
    `-- One host is leased to one holder at a time, now and ahead: the database itself refuses two that overlap.
    create table leases (
      lease_id uuid primary key default gen_random_uuid(),
      host_id text not null references hosts,
      holder text not null,
      during tstzrange not null check (not isempty(during) and not lower_inf(during) and not upper_inf(during)),
      -- The host's fence when the lease began; null before that.
      fence bigint,
      created_at timestamptz not null default now(),
      ended_at timestamptz,
      exclude using gist (host_id with =, during with &&) where (ended_at is null)
    )`,
    `-- A fixed sequence of steps that outlives the process that takes them; see flows/run-flows.ts.
    create table flows (
      flow_id uuid primary key default gen_random_uuid(),
      kind text not null,
      step text not null,
      data jsonb not null,
      due_at timestamptz not null default now(),
      -- Failures of this step in a row.
      attempts integer not null default 0,
      -- Counts claims. What a process writes counts only while the last claim is its own.
      claim bigint not null default 0,
      claimed_until timestamptz,
      -- Something happened that its step may be waiting for.
      woken boolean not null default false,
      created_at timestamptz not null default now(),
      ended_at timestamptz
    )`,
    'create index flows_due on flows (due_at) where ended_at is null',
  ],
};
