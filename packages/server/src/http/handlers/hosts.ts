import { releaseHost } from '../../app/checkouts.ts';
import { describeHost, forgetHost, tagHost } from '../../app/hosts.ts';
import { provideHost } from '../../app/provide-host.ts';
import { revokeHost } from '../../app/revoke-host.ts';
import { rollbackHost } from '../../app/rollback-host.ts';
import { parseTagSelector } from '../../app/tag-selector.ts';
import { listHosts } from '../../store/hosts.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names =
  | 'listHosts'
  | 'getHost'
  | 'putHostTags'
  | 'rollbackHost'
  | 'deleteHost'
  | 'revokeHost'
  | 'releaseHost'
  | 'putHostProvider';

export function hostHandlers({ database, trust, ask, permissions }: HandlerParts): Pick<Handlers, Names> {
  return {
    listHosts: async ({ query: { tags, connected, state, pool, ...page }, caller }) => {
      const found = await listHosts(database, {
        ...page,
        terms: tags === undefined ? [] : parseTagSelector(tags),
        state,
        pool,
        connected: connected === undefined ? undefined : connected === 'true',
      });
      const items = await permissions.visible(caller, found.items, ({ host_id }) => ({ type: 'Host', id: host_id }));
      return { ...found, items };
    },
    getHost: ({ params }) => describeHost(database, trust, params.host_id),
    putHostTags: async ({ params, body, caller }) => {
      await tagHost(database, caller, params.host_id, body.tags, (tx, changed) =>
        permissions.require(
          caller,
          changed.map((id) => ({ type: 'Tag', id })),
          undefined,
          tx,
        ),
      );
      return { tags: body.tags };
    },
    rollbackHost: ({ params, body, caller }) => rollbackHost(database, trust, ask, caller, params.host_id, body.to),
    putHostProvider: ({ params, body, caller }) => provideHost(database, caller, params.host_id, body),
    revokeHost: ({ params, body, caller }) => revokeHost(database, caller, params.host_id, body.reason),
    releaseHost: ({ params, body, caller }) => releaseHost(database, caller, params.host_id, body.reason),
    deleteHost: ({ params, caller }) => forgetHost(database, caller, params.host_id),
  };
}
