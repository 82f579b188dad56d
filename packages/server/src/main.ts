/**
 * The composition root of the control plane.
 *
 * Invariants: what was started is stopped in reverse, also when starting fails half-way; people's port is loopback or TLS;
 * agents' port is loopback, or a network that somebody said in so many words is a lab's.
 * Throws: `argument_invalid`, `port_unavailable`, `state_directory_busy`, `database_unavailable`.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { GuiseError, limits } from '@guise/model';
import { adminToken } from './app/admin-token.ts';
import { answerOthers, askHosts } from './app/ask-host.ts';
import { makeConnections } from './app/connections.ts';
import { authenticate } from './app/tokens.ts';
import { buildAgentApp } from './http/agents/agent-app.ts';
import { agentEvents } from './http/agents/agent-events.ts';
import { eventStreams } from './http/event-stream.ts';
import { makeHandlers } from './http/handlers/index.ts';
import { isLoopback, listen } from './http/listen.ts';
import { Metrics } from './http/metrics.ts';
import { buildServerApp } from './http/server-app.ts';
import { periodically } from './reconcilers/periodically.ts';
import { startDesiredPusher } from './reconcilers/push-desired.ts';
import { startReportIntake } from './reconcilers/report-intake.ts';
import type { RunningServer, ServerOptions } from './server-options.ts';
import { Shutdown } from './shutdown.ts';
import { openDatabase } from './store/database.ts';
import { startEmbeddedPostgres } from './store/embedded/embedded-postgres.ts';
import { openListener } from './store/listener.ts';
import { migrate } from './store/migrate.ts';
import { recordDepartures } from './store/presence.ts';

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
  const onFailure = (error: unknown) => report(`guise server: ${describe(error)}`);
  await mkdir(stateDirectory, { recursive: true, mode: 0o755 });
  const databaseUrl = await databaseUrlOf(options, shutdown);
  const database = await openDatabase(databaseUrl);
  shutdown.add(() => database.destroy());
  for (const name of await migrate(database)) report(`Applied migration ${name}`);
  const token = await adminToken(database, stateDirectory);

  const replicaId = randomUUID();
  const metrics = new Metrics();
  const connections = makeConnections();
  const pusher = startDesiredPusher({
    database,
    connections,
    onFailure,
    onPushed: (count) => metrics.add('guise_desired_pushed_total', count),
  });
  const listener = await openListener(databaseUrl, () => pusher.request('all'));
  shutdown.add(() => listener.close());
  shutdown.add(() => pusher.stop());
  const intake = startReportIntake(database, replicaId, onFailure);
  shutdown.add(() => recordDepartures(database, replicaId));
  shutdown.add(() => intake.stop());
  listener.subscribe((signal) => {
    if (signal.type === 'desired') pusher.request(signal.scope);
  });
  const period = periodically(limits.desiredPeriodMs, async () => pusher.request('all'), onFailure);
  shutdown.add(() => period.stop());
  const askParts = { database, connections, listener, replicaId };
  answerOthers(askParts, onFailure);

  const agentApp = await buildAgentApp(
    database,
    agentEvents({
      database,
      connections,
      intake,
      pusher,
      metrics,
      replicaId,
      onFailure,
      isStopping: () => shutdown.isRunning,
    }),
  );
  shutdown.add(() => agentApp.close());
  shutdown.add(async () => connections.closeAll('the control plane stops'));
  const events = eventStreams(listener);
  const handlers = makeHandlers({
    database,
    ask: askHosts(askParts),
    events,
    metricsText: () => metricsText(metrics, connections.size),
  });
  const serverApp = buildServerApp({
    handlers,
    authenticate: (bearer) => authenticate(database, bearer),
    metrics,
    tls: options.tls ?? null,
    onFailure,
  });
  shutdown.add(() => serverApp.close());
  shutdown.add(async () => events.closeAll());
  const agentHost = options.agentHost ?? '127.0.0.1';
  const agentPort = await listen(agentApp, { host: agentHost, port: options.agentPort ?? 7071 }, 'agents');
  const host = options.host ?? '127.0.0.1';
  const port = await listen(serverApp, { host, port: options.port ?? 7070 }, 'people and programs');
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${inUrl(host)}:${port}`,
    agentUrl: `ws://${inUrl(agentHost)}:${agentPort}`,
    adminToken: token,
    databaseUrl,
    close: () => shutdown.run(),
  };
}

async function databaseUrlOf({ database, stateDirectory, report }: ServerOptions, shutdown: Shutdown): Promise<string> {
  if (database !== undefined) return database;
  const postgres = await startEmbeddedPostgres(stateDirectory, (words) =>
    report(`guise server: the embedded PostgreSQL ended: ${words}`),
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
