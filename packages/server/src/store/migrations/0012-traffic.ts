/** What sends requests to hosts. Keys are in `sealed_values`. */
import type { Migration } from './migration.ts';

export const traffic: Migration = {
  name: '0012-traffic',
  statements: [
    `create table traffic (
      name text primary key,
      driver text not null check (driver in ('haproxy', 'dns')),
      -- As the driver's schema in @guise/api has them; nothing secret.
      settings jsonb not null,
      -- A tag selector: the hosts that it serves.
      hosts text not null,
      updated_by text not null,
      updated_at timestamptz not null default now()
    )`,
  ],
};
