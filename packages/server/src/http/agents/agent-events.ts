/** What follows from an agent's coming, going and being misunderstood. */
import type { HostId } from '@guise/model';
import { admitHost } from '../../app/admit-host.ts';
import type { Connections } from '../../app/connections.ts';
import { hostMay } from '../../permissions/host-may.ts';
import type { PolicyEngine } from '../../permissions/policy-engine.ts';
import type { CheckpointPusher } from '../../reconcilers/push-checkpoints.ts';
import type { DesiredPusher } from '../../reconcilers/push-desired.ts';
import { rootsFor } from '../../reconcilers/push-roots.ts';
import type { ReportIntake } from '../../reconcilers/report-intake.ts';
import type { Database } from '../../store/database.ts';
import { raiseFence } from '../../store/fences.ts';
import { recordArrival, recordDeparture } from '../../store/presence.ts';
import { lastTransaction } from '../../store/reports.ts';
import type { Signal } from '../../store/signal.ts';
import { sendSignals } from '../../store/signal.ts';
import type { Metrics } from '../metrics.ts';
import type { SessionParts } from './agent-session.ts';

interface Parts {
  readonly database: Database;
  readonly connections: Connections;
  readonly intake: ReportIntake;
  readonly pusher: DesiredPusher;
  readonly checkpoints: CheckpointPusher;
  readonly metrics: Metrics;
  readonly replicaId: string;
  readonly engine: PolicyEngine;
  readonly onFailure: (error: unknown) => void;
  /** Departures are then recorded all at once. */
  readonly isStopping: () => boolean;
}

export function agentEvents({
  database,
  connections,
  intake,
  pusher,
  checkpoints,
  metrics,
  replicaId,
  engine,
  onFailure,
  isStopping,
}: Parts): SessionParts {
  return {
    connections,
    intake,
    onFailure,
    may: (hostId) => hostMay(database, engine, hostId),
    onHello: async (peer, hello) => {
      const { hostId } = peer;
      // Its socket is among the open ones by now, so a refusal that comes later finds it.
      await admitHost(database, peer);
      return database.transaction().execute(async (tx) => {
        await recordArrival(tx, { hostId, replicaId, agentVersion: hello.agent_version, facts: hello.facts });
        if (hello.fence !== undefined) await raiseFence(tx, hostId, hello.fence);
        await sendSignals(tx, [happened('host.connected', hostId)]);
        return {
          lastTransaction: await lastTransaction(tx, hostId),
          roots: hello.root_version === undefined ? [] : await rootsFor(tx, hello.root_version),
        };
      });
    },
    onReady: (hostId) => {
      pusher.request({ hosts: [hostId] });
      checkpoints.request({ host: hostId });
    },
    onGone: (hostId) => {
      if (isStopping()) return;
      database
        .transaction()
        .execute(async (tx) => {
          await recordDeparture(tx, hostId, replicaId);
          await sendSignals(tx, [happened('host.disconnected', hostId)]);
        })
        .catch(onFailure);
    },
    onIgnored: () => metrics.add('guise_agent_messages_ignored_total'),
  };
}

function happened(event: string, hostId: HostId): Signal {
  return { type: 'event', event, subject: hostId };
}
