import type { AskHost } from '../../app/ask-host.ts';
import type { AuditSigner } from '../../app/audit-checkpoint.ts';
import type { Logins } from '../../app/logins.ts';
import type { SenderRates } from '../../app/sender-rates.ts';
import type { Trust } from '../../app/served-trust.ts';
import type { HostProviders } from '../../drivers/host-provider/host-provider.ts';
import type { OutboundRules } from '../../outbound/checked-place.ts';
import type { CurrentPolicies } from '../../permissions/current-policies.ts';
import type { Permissions } from '../../permissions/permissions.ts';
import type { Database } from '../../store/database.ts';
import type { Vault } from '../../store/vault.ts';
import type { EventStreams } from '../event-stream.ts';
import type { Handlers } from '../handler.ts';
import type { Metrics } from '../metrics.ts';
import { activationHandlers } from './activations.ts';
import { adaptationHandlers } from './adaptation.ts';
import { assignmentHandlers } from './assignments.ts';
import { auditHandlers } from './audit.ts';
import { checkoutHandlers } from './checkouts.ts';
import { hostReportHandlers } from './host-reports.ts';
import { hostHandlers } from './hosts.ts';
import { permissionHandlers } from './permissions.ts';
import { personaHandlers } from './personas.ts';
import { poolHandlers } from './pools.ts';
import { secretHandlers } from './secrets.ts';
import { sessionHandlers } from './session.ts';
import { systemHandlers } from './system.ts';
import { trafficHandlers } from './traffic.ts';
import { trustHandlers } from './trust.ts';
import { webhookHandlers } from './webhooks.ts';

export interface HandlerParts {
  readonly database: Database;
  readonly trust: Trust;
  readonly vault: Vault;
  readonly signer: AuditSigner;
  readonly ask: AskHost;
  readonly events: EventStreams;
  readonly metricsText: () => Promise<string>;
  readonly metrics: Metrics;
  readonly rates: SenderRates;
  /** Join tokens name it. */
  readonly authorityDigest: string;
  readonly permissions: Permissions;
  readonly policies: CurrentPolicies;
  readonly logins: Logins;
  readonly providers: HostProviders;
  readonly outbound: OutboundRules;
}

export function makeHandlers(parts: HandlerParts): Handlers {
  return {
    ...systemHandlers(parts),
    ...personaHandlers(parts),
    ...hostHandlers(parts),
    ...hostReportHandlers(parts),
    ...assignmentHandlers(parts),
    ...adaptationHandlers(parts),
    ...checkoutHandlers(parts),
    ...poolHandlers(parts),
    ...activationHandlers(parts),
    ...trustHandlers(parts),
    ...secretHandlers(parts),
    ...auditHandlers(parts),
    ...permissionHandlers(parts),
    ...sessionHandlers(parts),
    ...trafficHandlers(parts),
    ...webhookHandlers(parts),
  };
}
