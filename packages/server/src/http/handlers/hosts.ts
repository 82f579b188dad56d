import { describeHost, forgetHost, tagHost } from '../../app/hosts.ts';
import { revokeHost } from '../../app/revoke-host.ts';
import { rollbackHost } from '../../app/rollback-host.ts';
import { parseTagSelector } from '../../app/tag-selector.ts';
import { listHosts } from '../../store/hosts.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'listHosts' | 'getHost' | 'putHostTags' | 'rollbackHost' | 'deleteHost' | 'revokeHost';

export function hostHandlers({ database, ask }: HandlerParts): Pick<Handlers, Names> {
  return {
    listHosts: ({ query: { tags, connected, ...page } }) =>
      listHosts(database, {
        ...page,
        terms: tags === undefined ? [] : parseTagSelector(tags),
        connected: connected === undefined ? undefined : connected === 'true',
      }),
    getHost: ({ params }) => describeHost(database, params.host_id),
    putHostTags: async ({ params, body, caller }) => {
      await tagHost(database, caller, params.host_id, body.tags);
      return { tags: body.tags };
    },
    rollbackHost: ({ params, body, caller }) => rollbackHost(database, ask, caller, params.host_id, body.to),
    revokeHost: ({ params, body, caller }) => revokeHost(database, caller, params.host_id, body.reason),
    deleteHost: ({ params, caller }) => forgetHost(database, caller, params.host_id),
  };
}
