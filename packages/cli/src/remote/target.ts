/**
 * Whom an assignment is for: one host, every host with a tag, every host of a group.
 *
 * As typed: `h1`, `role=web`, `group:edge`. Host ids have neither `=` nor `:`, so the three cannot be mistaken.
 */
import type { Client } from '@guise/api';
import { GuiseError, type HostId, parseHostId } from '@guise/model';
import { allPages } from './all-pages.ts';

export type Target =
  | { readonly type: 'host'; readonly hostId: HostId }
  | { readonly type: 'tag'; readonly tag: string }
  | { readonly type: 'group'; readonly group: string };

const groupPrefix = 'group:';

export function parseTarget(text: string): Target {
  if (text.startsWith(groupPrefix)) return { type: 'group', group: text.slice(groupPrefix.length) };
  return text.includes('=') ? { type: 'tag', tag: text } : { type: 'host', hostId: parseHostId(text) };
}

/** The hosts that it means now. Throws: `host_not_found` for a group that does not exist. */
export async function hostsOf(client: Client, target: Target): Promise<readonly HostId[]> {
  switch (target.type) {
    case 'host':
      return [target.hostId];
    case 'tag':
      return (await allPages((page) => client.listHosts({ query: { ...page, tags: target.tag } }))).map(
        ({ host_id }) => host_id,
      );
    case 'group': {
      const groups = await allPages((page) => client.listHostGroups({ query: page }));
      const found = groups.find(({ group }) => group === target.group);
      if (found === undefined)
        throw new GuiseError('host_not_found', `Cannot find the group ${JSON.stringify(target.group)}`);
      return found.hosts;
    }
  }
}
