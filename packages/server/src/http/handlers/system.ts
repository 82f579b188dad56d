import { pingDatabase } from '../../store/database.ts';
import type { Handlers } from '../handler.ts';
import { openapi } from '../openapi.ts';
import type { HandlerParts } from './index.ts';

type Names = 'getHealth' | 'getMetrics' | 'getOpenapi' | 'streamEvents';

export function systemHandlers({ database, events, metricsText }: HandlerParts): Pick<Handlers, Names> {
  const description = openapi();
  return {
    getHealth: async () => {
      await pingDatabase(database);
      return { status: 'ok' };
    },
    getMetrics: () => metricsText(),
    getOpenapi: async () => description,
    streamEvents: async ({ caller }) => events.open(caller.actor),
  };
}
