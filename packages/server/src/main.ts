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
import { makeConnections } from './app/connections.ts';
import type { IdentityProvider } from './app/identity-provider.ts';
import { openProvider } from './app/identity-provider.ts';
import { LoginRates } from './app/login-rates.ts';
import { makeLogins } from './app/logins.ts';
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
import { CurrentPolicies } from './permissions/current-policies.ts';
import { DenialLog } from './permissions/denial-log.ts';
import { Permissions } from './permissions/permissions.ts';
import { periodically } from './reconcilers/periodically.ts';
import { startDesiredPusher } from './reconcilers/push-desired.ts';
import { startReportIntake } from './reconcilers/report-intake.ts';
import { startEventRouter } from './reconcilers/route-events.ts';
import type { RunningServer, ServerOptions } from './server-options.ts';
import { Shutdown } from './shutdown.ts';
import { type Database, mutate, openDatabase } from './store/database.ts';
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
  const provider =
    options.oidc === undefined ? null : openProvider({ ...options.oidc, allowOutbound: options.allowOutbound ?? [] });
  const policies = new CurrentPolicies(database, report);
  await policies.read();
  const core = {
    ...(await startCore({ database, databaseUrl, policies, report }, shutdown)),
    vault,
    provider,
    policies,
  };
  policies.follow(core.listener, core.onFailure);
  const agentUrl = await openAgentsPort(core, options, shutdown);
  const url = await openPeoplesPort(core, options, shutdown);
  return { url, agentUrl, adminToken: token, databaseUrl, failed: failed.signal, close: () => shutdown.run() };
}

interface CoreParts {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly policies: CurrentPolicies;
  readonly report: (line: string) => void;
}

/** What both ports work on: the agents connected here, what is sent to them, and what they report. */
async function startCore({ database, databaseUrl, policies, report }: CoreParts, shutdown: Shutdown) {
  const onFailure = (error: unknown) => {
    // What is cut short by the end is no failure: agents send again, and askers are told that we are gone.
    if (!shutdown.isRunning) report(`guise server: ${describe(error)}`);
  };
  const replicaId = randomUUID();
  const metrics = new Metrics();
  const connections = makeConnections();
  const onPushed = (count: number) => metrics.add('guise_desired_pushed_total', count);
  const pusher = startDesiredPusher({ database, connections, onFailure, onPushed });
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
    policies.refresh().catch(onFailure);
  });
  shutdown.add(() => listener.close());
  shutdown.add(() => pusher.stop());
  shutdown.add(() => router.stop());
  shutdown.add(() => recordDepartures(database, replicaId));
  const intake = startReportIntake(database, replicaId, onFailure);
  shutdown.add(() => intake.stop());
  listener.subscribe((signal) => {
    if (signal.type === 'desired') pusher.request(signal.scope);
    if (signal.type === 'posted') router.request(signal.sequences);
  });
  const period = periodically(limits.desiredPeriodMs, async () => pusher.request('all'), onFailure);
  shutdown.add(() => period.stop());
  const sweep = periodically(limits.eventSweepMs, () => sweepEvents(database), onFailure);
  shutdown.add(() => sweep.stop());
  answerOthers({ database, connections, listener, replicaId }, onFailure);
  return { database, connections, listener, replicaId, metrics, pusher, intake, onFailure };
}

type Core = Awaited<ReturnType<typeof startCore>> & {
  readonly vault: Vault;
  readonly provider: IdentityProvider | null;
  readonly policies: CurrentPolicies;
};

async function openAgentsPort(core: Core, options: ServerOptions, shutdown: Shutdown): Promise<string> {
  const { agentHost = '127.0.0.1', agentPort = 7071 } = options;
  const { engine } = core.policies;
  const app = await buildAgentApp(
    core.database,
    agentEvents({ ...core, engine, isStopping: () => shutdown.isRunning }),
  );
  shutdown.add(() => app.close());
  shutdown.add(async () => core.connections.closeAll('the control plane stops'));
  const port = await listen(app, { host: agentHost, port: agentPort }, 'agents');
  return `ws://${inUrl(agentHost)}:${port}`;
}

async function openPeoplesPort(core: Core, options: ServerOptions, shutdown: Shutdown): Promise<string> {
  const { database, connections, listener, metrics, onFailure, policies } = core;
  const { host = '127.0.0.1', tls = null } = options;
  const permissions = new Permissions(database, policies.engine);
  listener.subscribe((signal) => {
    if (signal.type === 'event') permissions.forget();
  });
  // Denied is denied, also when the audit cannot be told.
  const denials = new DenialLog((actor, audit) =>
    mutate(database, actor, async () => ({ value: undefined, audit, signals: [] })).catch(onFailure),
  );
  const denialPeriod = periodically(limits.denialPeriodMs, () => denials.flush(), onFailure);
  shutdown.add(() => denials.flush());
  shutdown.add(() => denialPeriod.stop());
  const loginRates = new LoginRates();
  const slowly = ({ address }: { readonly address: string }) => loginRates.admit(address, Date.now());
  let url = '';
  const publicUrl = () => options.publicUrl?.replace(/\/$/, '') ?? url;
  const events = eventStreams(listener);
  const rates = new SenderRates();
  const refreshFigures = fleetFigures(database, metrics, Date.now);
  const app = buildServerApp({
    handlers: makeHandlers({
      database,
      ask: askHosts(core),
      events,
      metrics,
      rates,
      permissions,
      policies,
      logins: makeLogins({ ...core, publicUrl }),
      metricsText: async () => {
        await refreshFigures();
        return metricsText(metrics, connections.size);
      },
    }),
    gates: {
      postEvents: ({ actor }, bodyBytes) => rates.admit(actor, bodyBytes, Date.now()),
      beginLogin: slowly,
      finishLogin: slowly,
      createSession: slowly,
    },
    authenticate: (bearer) => authenticate(database, policies, bearer),
    permissions,
    denials,
    metrics,
    tls,
    onFailure,
  });
  shutdown.add(() => app.close());
  shutdown.add(async () => events.closeAll());
  const port = await listen(app, { host, port: options.port ?? 7070 }, 'people and programs');
  url = `${tls === null ? 'http' : 'https'}://${inUrl(host)}:${port}`;
  return url;
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
