import type { AskHost } from '../../app/ask-host.ts';
import type { Database } from '../../store/database.ts';
import type { EventStreams } from '../event-stream.ts';
import type { Handlers } from '../handler.ts';
import { assignmentHandlers } from './assignments.ts';
import { hostReportHandlers } from './host-reports.ts';
import { hostHandlers } from './hosts.ts';
import { personaHandlers } from './personas.ts';
import { systemHandlers } from './system.ts';
import { trustHandlers } from './trust.ts';

export interface HandlerParts {
  readonly database: Database;
  readonly ask: AskHost;
  readonly events: EventStreams;
  readonly metricsText: () => string;
}

export function makeHandlers(parts: HandlerParts): Handlers {
  return {
    ...systemHandlers(parts),
    ...personaHandlers(parts),
    ...hostHandlers(parts),
    ...hostReportHandlers(parts),
    ...assignmentHandlers(parts),
    ...trustHandlers(parts),
  };
}
