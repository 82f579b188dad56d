import { parseTagSelector } from '../../app/tag-selector.ts';
import type { Asker } from '../../permissions/principal.ts';
import { wholeFleet } from '../../permissions/resource.ts';
import { pingDatabase } from '../../store/database.ts';
import { findAsker } from '../../store/tokens.ts';
import type { Handlers } from '../handler.ts';
import { openapi } from '../openapi.ts';
import type { HandlerParts } from './index.ts';

type Names = 'getHealth' | 'getMetrics' | 'getOpenapi' | 'streamEvents';

export function systemHandlers({ database, events, metricsText, policies }: HandlerParts): Pick<Handlers, Names> {
  const description = openapi();
  const mayStill = async ({ tokenId }: Asker, action: string) => {
    const found = tokenId === null ? null : await findAsker(database, { id: tokenId });
    if (found === null) return false;
    await policies.reach(found.policyRevision);
    return policies.engine.permits(found.asker, action, wholeFleet);
  };
  return {
    getHealth: async () => {
      await pingDatabase(database);
      return { status: 'ok' };
    },
    getMetrics: () => metricsText(),
    getOpenapi: async () => description,
    streamEvents: async ({ query: { tags }, caller: { actor, principal, action } }) =>
      events.open({
        caller: actor,
        mayStay: () => mayStill(principal, action),
        terms: tags === undefined ? null : parseTagSelector(tags),
      }),
  };
}
