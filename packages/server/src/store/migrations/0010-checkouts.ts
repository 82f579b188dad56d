/** Hosts that people and programs borrow, and how they come back. */
import type { Migration } from './migration.ts';

export const checkouts: Migration = {
  name: '0010-checkouts',
  statements: [
    `create table checkouts (
      checkout_id uuid primary key default gen_random_uuid(),
      flow_id uuid not null references flows,
      -- Who asked for it, and has the host.
      holder text not null,
      -- As it was asked for.
      request jsonb not null,
      priority integer not null,
      -- The hosts that the holder was permitted and that his request names, when he asked.
      candidates text[] not null,
      -- Null for none: the host then has nothing of its own.
      persona_id text,
      -- Of the persona, from the instant that it is applied; before that only when the request names one.
      version integer,
      parameters jsonb not null default '{}',
      -- The step of the flow, or how it ended.
      state text not null,
      state_since timestamptz not null default now(),
      host_id text,
      lease_id uuid references leases on delete set null,
      -- What the host was when the lease began, as far as it is to be so again; see flows/checkout.
      before jsonb,
      fingerprint_before jsonb,
      fingerprint_after jsonb,
      results jsonb,
      -- Why it failed, or why its host is quarantined.
      failure text,
      evidence jsonb,
      -- When and by whom it was given back before its end.
      returned_at timestamptz,
      returned_by text,
      -- Who said that the quarantined host is in order.
      released_by text,
      created_at timestamptz not null default now(),
      ready_at timestamptz,
      ended_at timestamptz
    )`,
    'create index checkouts_holder on checkouts (holder) where ended_at is null',
    "create index checkouts_waiting on checkouts (priority desc, created_at) where state = 'waiting'",
    'create index checkouts_open on checkouts (host_id) where ended_at is null',
    `-- No host is in two hands, whatever else goes wrong.
    create unique index checkouts_taken on checkouts (host_id)
      where ended_at is null and state not in ('waiting', 'booked', 'checking')`,
    'create index leases_open on leases (host_id) where ended_at is null',
  ],
};
