/** Who is told of what happens, and what is still to be told. Secrets are in `sealed_values`. */
import type { Migration } from './migration.ts';

export const webhooks: Migration = {
  name: '0013-webhooks',
  statements: [
    `create table webhooks (
      webhook_id uuid primary key default gen_random_uuid(),
      url text not null,
      -- Types of events: 'checkout.ready', 'checkout.*' or '*'.
      types text[] not null,
      created_by text not null,
      created_at timestamptz not null default now(),
      -- Since when its receiver wants no more.
      disabled_at timestamptz
    )`,
    `-- Written in the transaction of what it tells.
    create table webhook_deliveries (
      delivery_id uuid primary key default gen_random_uuid(),
      sequence bigint generated always as identity unique,
      webhook_id uuid not null references webhooks on delete cascade,
      -- The same for every webhook that is told of it.
      event_id uuid not null,
      type text not null,
      subject text not null,
      data jsonb,
      happened_at timestamptz not null default now(),
      state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
      -- Counts claims. What a process writes counts only while the last claim is its own.
      attempts integer not null default 0,
      due_at timestamptz not null default now(),
      claimed_until timestamptz,
      ended_at timestamptz,
      -- Of the last attempt: the HTTP status, if there was an answer, and what was wrong.
      status integer,
      error text
    )`,
    `create index webhook_deliveries_due on webhook_deliveries (webhook_id, due_at) where state = 'waiting'`,
    'create index webhook_deliveries_of on webhook_deliveries (webhook_id, sequence)',
    `create index webhook_deliveries_ended on webhook_deliveries (ended_at) where state <> 'waiting'`,
  ],
};
