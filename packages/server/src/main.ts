/**
 * The composition root of the control plane.
 *
 * Invariants: what was started is stopped in reverse, also when starting fails half-way; people's port is loopback or TLS;
 * agents' port is loopback, or a network that somebody said in so many words is a lab's.
 * Throws: `argument_invalid`, `port_unavailable`, `state_directory_busy`, `database_unavailable`.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GuiseError, limits } from '@guise/model';
import { adminToken } from './app/admin-token.ts';
import { answerOthers, askHosts } from './app/ask-host.ts';
import { type AuditSigner, auditSigner } from './app/audit-checkpoint.ts';
import { makeConnections } from './app/connections.ts';
import { developmentNames } from './app/development-root.ts';
import { SenderRates } from './app/sender-rates.ts';
import { authenticate } from './app/tokens.ts';
import { buildAgentApp } from './http/agents/agent-app.ts';
import { agentEvents } from './http/agents/agent-events.ts';
import { eventStreams } from './http/event-stream.ts';
import { fleetFigures } from './http/fleet-figures.ts';
import { makeHandlers } from './http/handlers/index.ts';
import { isLoopback, listen } from './http/listen.ts';
import { Metrics } from './http/metrics.ts';
import { buildServerApp } from './http/server-app.ts';
import { keepAuditLog } from './reconcilers/keep-audit-log.ts';
import { periodically } from './reconcilers/periodically.ts';
import { startCheckpointPusher } from './reconcilers/push-checkpoints.ts';
import { startDesiredPusher } from './reconcilers/push-desired.ts';
import { startReportIntake } from './reconcilers/report-intake.ts';
import { startEventRouter } from './reconcilers/route-events.ts';
import type { RunningServer, ServerOptions } from './server-options.ts';
import { Shutdown } from './shutdown.ts';
import { type Database, openDatabase } from './store/database.ts';
import { startEmbeddedPostgres } from './store/embedded/embedded-postgres.ts';
import { sweepEvents } from './store/events.ts';
import { openListener } from './store/listener.ts';
import { migrate } from './store/migrate.ts';
import { recordDepartures } from './store/presence.ts';
import { openVault, type Vault } from './store/vault.ts';

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  refuseOpenDoors(options);
  const shutdown = new Shutdown();
  try {
    return await start(options, shutdown);
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

async function start(options: ServerOptions, shutdown: Shutdown): Promise<RunningServer> {
  const { stateDirectory, report } = options;
  await mkdir(stateDirectory, { recursive: true, mode: 0o755 });
  const failed = new AbortController();
  const databaseUrl = await databaseUrlOf(options, shutdown, (error) => failed.abort(error));
  const database = await openDatabase(databaseUrl);
  shutdown.add(() => database.destroy());
  for (const name of await migrate(database)) report(`Applied migration ${name}`);
  const vault = openVault(options.masterKeyFile ?? join(stateDirectory, 'master.key'));
  const token = await adminToken(database, stateDirectory);
  let stopKeeping = async (): Promise<void> => undefined;
  // Last before the database goes: what the end itself wrote is signed too.
  shutdown.add(() => stopKeeping());
  const signer = await auditSigner(database, vault, developmentNames.organization);
  const core = { ...(await startCore(database, databaseUrl, report, shutdown)), vault, signer };
  const keeper = keepAuditLog({
    database,
    signer,
    checkpointPeriodMs: options.checkpointPeriodMs ?? limits.checkpointPeriodMs,
    onFailure: core.onFailure,
  });
  stopKeeping = () => keeper.stop();
  const agentUrl = await openAgentsPort(core, options, shutdown);
  const url = await openPeoplesPort(core, options, shutdown);
  return { url, agentUrl, adminToken: token, databaseUrl, failed: failed.signal, close: () => shutdown.run() };
}

/** What both ports work on: the agents connected here, what is sent to them, and what they report. */
async function startCore(database: Database, databaseUrl: string, report: (line: string) => void, shutdown: Shutdown) {
  const onFailure = (error: unknown) => {
    // What is cut short by the end is no failure: agents send again, and askers are told that we are gone.
    if (!shutdown.isRunning) report(`guise server: ${describe(error)}`);
  };
  const replicaId = randomUUID();
  const metrics = new Metrics();
  const connections = makeConnections();
  const onPushed = (count: number) => metrics.add('guise_desired_pushed_total', count);
  const pusher = startDesiredPusher({ database, connections, onFailure, onPushed });
  const checkpoints = startCheckpointPusher({ database, connections, onFailure });
  const router = startEventRouter({
    database,
    connections,
    onFailure,
    onSent: (count) => metrics.add('guise_events_sent_total', count),
    onDropped: (count, reason) => metrics.add('guise_events_dropped_total', count, { reason }),
  });
  const listener = await openListener(databaseUrl, () => {
    pusher.request('all');
    router.catchUp();
    checkpoints.request('all');
  });
  shutdown.add(() => listener.close());
  shutdown.add(() => pusher.stop());
  shutdown.add(() => router.stop());
  shutdown.add(() => checkpoints.stop());
  shutdown.add(() => recordDepartures(database, replicaId));
  const intake = startReportIntake(database, replicaId, onFailure);
  shutdown.add(() => intake.stop());
  listener.subscribe((signal) => {
    if (signal.type === 'desired') pusher.request(signal.scope);
    if (signal.type === 'posted') router.request(signal.sequences);
    if (signal.type === 'checkpointed') checkpoints.request('all');
  });
  const period = periodically(limits.desiredPeriodMs, async () => pusher.request('all'), onFailure);
  shutdown.add(() => period.stop());
  const sweep = periodically(limits.eventSweepMs, () => sweepEvents(database), onFailure);
  shutdown.add(() => sweep.stop());
  answerOthers({ database, connections, listener, replicaId }, onFailure);
  return { database, connections, listener, replicaId, metrics, pusher, checkpoints, intake, onFailure };
}

type Core = Awaited<ReturnType<typeof startCore>> & { readonly vault: Vault; readonly signer: AuditSigner };

async function openAgentsPort(core: Core, options: ServerOptions, shutdown: Shutdown): Promise<string> {
  const { agentHost = '127.0.0.1', agentPort = 7071 } = options;
  const app = await buildAgentApp(core.database, agentEvents({ ...core, isStopping: () => shutdown.isRunning }));
  shutdown.add(() => app.close());
  shutdown.add(async () => core.connections.closeAll('the control plane stops'));
  const port = await listen(app, { host: agentHost, port: agentPort }, 'agents');
  return `ws://${inUrl(agentHost)}:${port}`;
}

async function openPeoplesPort(core: Core, options: ServerOptions, shutdown: Shutdown): Promise<string> {
  const { database, connections, listener, metrics, onFailure } = core;
  const { host = '127.0.0.1', tls = null } = options;
  const events = eventStreams(listener);
  const rates = new SenderRates();
  const refreshFigures = fleetFigures(database, metrics, Date.now);
  const app = buildServerApp({
    handlers: makeHandlers({
      database,
      signer: core.signer,
      ask: askHosts(core),
      events,
      metrics,
      rates,
      metricsText: async () => {
        await refreshFigures();
        return metricsText(metrics, connections.size);
      },
    }),
    gates: { postEvents: (actor, bodyBytes) => rates.admit(actor, bodyBytes, Date.now()) },
    authenticate: (bearer) => authenticate(database, bearer),
    metrics,
    tls,
    onFailure,
  });
  shutdown.add(() => app.close());
  shutdown.add(async () => events.closeAll());
  const port = await listen(app, { host, port: options.port ?? 7070 }, 'people and programs');
  return `${tls === null ? 'http' : 'https'}://${inUrl(host)}:${port}`;
}

async function databaseUrlOf(
  { database, stateDirectory }: ServerOptions,
  shutdown: Shutdown,
  onDeath: (error: GuiseError) => void,
): Promise<string> {
  if (database !== undefined) return database;
  const postgres = await startEmbeddedPostgres(stateDirectory, (words) =>
    onDeath(
      new GuiseError(
        'database_unavailable',
        `Cannot go on: the embedded PostgreSQL ended; its last words: ${words.split('\n').at(-1)}`,
      ),
    ),
  );
  shutdown.add(() => postgres.stop());
  return postgres.url;
}

function refuseOpenDoors({
  host = '127.0.0.1',
  tls,
  agentHost = '127.0.0.1',
  insecureAgentNetwork = false,
}: ServerOptions): void {
  if (!isLoopback(host) && tls === undefined) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot listen on ${host} without TLS: any address but loopback needs a certificate and a key`,
    );
  }
  if (!isLoopback(agentHost) && !insecureAgentNetwork) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot listen for agents on ${agentHost}: their connection is not encrypted yet; on a lab's own network say so with insecureAgentNetwork`,
    );
  }
}

function metricsText(metrics: Metrics, agents: number): string {
  metrics.set('guise_agents_connected', agents);
  metrics.set('guise_process_resident_bytes', process.memoryUsage.rss());
  metrics.set('guise_process_uptime_seconds', process.uptime());
  return metrics.text();
}

function describe(error: unknown): string {
  if (error instanceof GuiseError) return `${error.message}${error.detail === undefined ? '' : ` (${error.detail})`}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
