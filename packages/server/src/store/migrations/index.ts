import { fleet } from './0001-fleet.ts';
import { adaptation } from './0002-adaptation.ts';
import { sealedValues } from './0003-sealed-values.ts';
import { signatures } from './0004-signatures.ts';
import { identities } from './0005-identities.ts';
import { principals } from './0006-principals.ts';
import { auditLog } from './0007-audit-log.ts';
import { secrets } from './0008-secrets.ts';
import { fleetStates } from './0009-fleet-states.ts';
import { checkouts } from './0010-checkouts.ts';
import { activations } from './0011-activations.ts';
import { traffic } from './0012-traffic.ts';
import { webhooks } from './0013-webhooks.ts';
import { rebalancedHosts } from './0014-rebalanced-hosts.ts';
import type { Migration } from './migration.ts';

/** In the order in which they apply. */
export const migrations: readonly Migration[] = [
  fleet,
  adaptation,
  sealedValues,
  signatures,
  identities,
  principals,
  auditLog,
  secrets,
  fleetStates,
  checkouts,
  activations,
  traffic,
  webhooks,
  rebalancedHosts,
];
