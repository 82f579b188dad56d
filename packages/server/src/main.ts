/**
 * The composition root of the control plane.
 *
 * Invariants: what was started is stopped in reverse, also when starting fails half-way; people's port is loopback or TLS, and
 * agents' port is TLS wherever it is.
 * Throws: `argument_invalid`, `port_unavailable`, `state_directory_busy`, `database_unavailable`, `root_refused`.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { GuiseError, type HostId, limits, logText } from '@guise/model';
import { adminToken } from './app/admin-token.ts';
import { answerOthers, askHosts } from './app/ask-host.ts';
import { type AuditSigner, auditSigner } from './app/audit-checkpoint.ts';
import { type CertificateAuthority, openCertificateAuthority } from './app/certificate-authority.ts';
import { makeConnections } from './app/connections.ts';
import { developmentNotice } from './app/development-root.ts';
import type { IdentityProvider } from './app/identity-provider.ts';
import { openProvider } from './app/identity-provider.ts';
import { LoginRates } from './app/login-rates.ts';
import { makeLogins } from './app/logins.ts';
import { readGivenRoot } from './app/read-given-root.ts';
import { SenderRates } from './app/sender-rates.ts';
import { establishTrust, type Trust } from './app/served-trust.ts';
import { signEarlierVersions } from './app/sign-earlier-versions.ts';
import { authenticate } from './app/tokens.ts';
import { trustPin } from './app/trust-pin.ts';
import { driveHosts } from './drive-hosts.ts';
import { hostProviders } from './drivers/host-provider/index.ts';
import { buildAgentApp, renewServerCertificate } from './http/agents/agent-app.ts';
import { agentEvents } from './http/agents/agent-events.ts';
import { openSockets } from './http/agents/open-sockets.ts';
import { agentsDoor, peoplesDoor } from './http/doors.ts';
import { eventStreams } from './http/event-stream.ts';
import { fleetFigures } from './http/fleet-figures.ts';
import { makeHandlers } from './http/handlers/index.ts';
import { isLoopback, listen } from './http/listen.ts';
import { Metrics } from './http/metrics.ts';
import { buildServerApp } from './http/server-app.ts';
import { CurrentPolicies } from './permissions/current-policies.ts';
import { DenialLog } from './permissions/denial-log.ts';
import { Permissions } from './permissions/permissions.ts';
import { deliverWebhooks } from './reconcilers/deliver-webhooks.ts';
import { keepAuditLog } from './reconcilers/keep-audit-log.ts';
import { periodically } from './reconcilers/periodically.ts';
import { startCheckpointPusher } from './reconcilers/push-checkpoints.ts';
import { startDesiredPusher } from './reconcilers/push-desired.ts';
import { pushRoots } from './reconcilers/push-roots.ts';
import { startReportIntake } from './reconcilers/report-intake.ts';
import { startEventRouter } from './reconcilers/route-events.ts';
import type { RunningServer, ServerOptions } from './server-options.ts';
import { Shutdown } from './shutdown.ts';
import { ensureStateDirectory } from './state-directory.ts';
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
  await ensureStateDirectory(stateDirectory);
  const failed = new AbortController();
  const databaseUrl = await databaseUrlOf(options, shutdown, (error) => failed.abort(error));
  const database = await openDatabase(databaseUrl);
  shutdown.add(() => database.destroy());
  const applied = await migrate(database);
  if (applied.length > 0) report(`Brought the database up to ${applied.at(-1)}`);
  const masterKeyFile = options.masterKeyFile ?? join(stateDirectory, 'master.key');
  const vault = openVault(masterKeyFile);
  const token = await adminToken(database, stateDirectory);
  const authority = await openCertificateAuthority({
    database,
    vault,
    lifeMs: options.certificateLifeMs ?? limits.certificateLifeMs,
    now: Date.now,
  });
  const trust = await trustOf(options, database, vault);
  let stopKeeping = async (): Promise<void> => undefined;
  // Last before the database goes: what the end itself wrote is signed too.
  shutdown.add(() => stopKeeping());
  const signer = await auditSigner(database, vault, (await trust.served(database)).organization);
  const provider =
    options.oidc === undefined ? null : openProvider({ ...options.oidc, allowOutbound: options.allowOutbound ?? [] });
  const policies = new CurrentPolicies(database, report);
  await policies.read();
  const core = {
    ...(await startCore({ database, databaseUrl, trust, vault, policies, report, shutdown })),
    authority,
    signer,
    provider,
    policies,
  };
  policies.follow(core.listener, core.onFailure);
  const keeper = keepAuditLog({
    database,
    signer,
    checkpointPeriodMs: options.checkpointPeriodMs ?? limits.checkpointPeriodMs,
    onFailure: core.onFailure,
  });
  stopKeeping = () => keeper.stop();
  startWebhooks(core, options, shutdown);
  const parts = answering(core, options, shutdown);
  const agentUrl = await openAgentsPort(core, parts.handlers, options, shutdown);
  const url = await openPeoplesPort(core, parts, options, shutdown);
  return {
    url,
    agentUrl,
    adminToken: token,
    databaseUrl,
    masterKeyFile,
    providers: parts.providers,
    failed: failed.signal,
    close: () => shutdown.run(),
  };
}

/** Whom hosts believe, with everything signed that this control plane has to sign itself. */
async function trustOf(options: ServerOptions, database: Database, vault: Vault): Promise<Trust> {
  const given = options.trust === undefined ? null : await readGivenRoot(options.trust);
  const trust = await establishTrust({ database, vault, given, nowMs: Date.now });
  if (trust.isDevelopment) options.report(developmentNotice);
  const unsigned = await signEarlierVersions(database, trust);
  if (unsigned.length > 0)
    options.report(`No host takes these personas before they are signed and published again: ${unsigned.join(', ')}`);
  return trust;
}

interface CoreParts extends Pick<ServerOptions, 'report'> {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly trust: Trust;
  readonly vault: Vault;
  readonly policies: CurrentPolicies;
  readonly shutdown: Shutdown;
}

/** What both ports work on: the agents connected here, what is sent to them, and what they report. */
async function startCore({ database, databaseUrl, trust, vault, policies, report, shutdown }: CoreParts) {
  const onFailure = (error: unknown) => {
    // What is cut short by the end is no failure: agents send again, and askers are told that we are gone.
    if (!shutdown.isRunning) report(logText(`guise server: ${describe(error)}`));
  };
  const replicaId = randomUUID();
  const metrics = new Metrics();
  const connections = makeConnections();
  const onPushed = (count: number) => metrics.add('guise_desired_pushed_total', count);
  const pusher = startDesiredPusher({ database, trust, vault, connections, onFailure, onPushed });
  const checkpoints = startCheckpointPusher({ database, connections, onFailure });
  const router = startEventRouter({
    database,
    connections,
    onFailure,
    onSent: (count) => metrics.add('guise_events_sent_total', count),
    onDropped: (count, reason) => metrics.add('guise_events_dropped_total', count, { reason }),
  });
  const tellRoots = () => void pushRoots(database, connections).catch(onFailure);
  const sockets = openSockets(database, Date.now);
  const listener = await openListener(databaseUrl, () => {
    pusher.request('all');
    sockets.recheck('all').catch(onFailure);
    router.catchUp();
    tellRoots();
    checkpoints.request('all');
    policies.refresh().catch(onFailure);
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
    if (signal.type === 'root') tellRoots();
    if (signal.type === 'posted') router.request(signal.sequences);
    if (signal.type === 'identity') sockets.recheck(signal.host_id as HostId).catch(onFailure);
    if (signal.type === 'checkpointed') checkpoints.request('all');
  });
  const look = async () => {
    pusher.request('all');
    await sockets.recheck('all');
    await pushRoots(database, connections);
  };
  const period = periodically(limits.desiredPeriodMs, look, onFailure);
  shutdown.add(() => period.stop());
  const sweep = periodically(limits.eventSweepMs, () => sweepEvents(database), onFailure);
  shutdown.add(() => sweep.stop());
  answerOthers({ database, connections, listener, replicaId }, onFailure);
  return {
    database,
    databaseUrl,
    trust,
    vault,
    connections,
    sockets,
    listener,
    replicaId,
    metrics,
    pusher,
    checkpoints,
    intake,
    onFailure,
  };
}

interface Core extends Awaited<ReturnType<typeof startCore>> {
  readonly authority: CertificateAuthority;
  readonly signer: AuditSigner;
  readonly provider: IdentityProvider | null;
  readonly policies: CurrentPolicies;
}

function startWebhooks(core: Core, options: ServerOptions, shutdown: Shutdown): void {
  const { database, listener, vault, trust, metrics, onFailure } = core;
  const deliverer = deliverWebhooks({
    database,
    listener,
    vault,
    allowOutbound: options.allowOutbound ?? [],
    source: async () => {
      const { organization, environment } = await trust.served(database);
      return `/guise/${organization}/${environment}`;
    },
    onFailure,
    onEnded: (outcome) => metrics.add('guise_webhook_deliveries_total', 1, { outcome }),
  });
  shutdown.add(() => deliverer.stop());
}

/** What answers routes: those for people, and of them to a host those about itself. */
function answering(core: Core, options: ServerOptions, shutdown: Shutdown) {
  const { database, trust, vault, connections, listener, metrics, authority, policies, onFailure } = core;
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
  const place = { url: '' };
  const events = eventStreams(listener, database, onFailure);
  const rates = new SenderRates();
  const refreshFigures = fleetFigures(database, metrics, Date.now);
  const ask = askHosts(core);
  const providers = hostProviders({ ask, others: options.providers });
  const outbound = { allowOutbound: options.allowOutbound ?? [], socketDirectories: options.trafficSockets ?? [] };
  driveHosts({ ...options, ...core, ask, providers, outbound, shutdown });
  const handlers = makeHandlers({
    database,
    trust,
    vault,
    signer: core.signer,
    ask,
    events,
    metrics,
    rates,
    permissions,
    policies,
    providers,
    logins: makeLogins({ ...core, publicUrl: () => options.publicUrl?.replace(/\/$/, '') ?? place.url }),
    authorityDigest: authority.digest,
    outbound,
    metricsText: async () => {
      await refreshFigures();
      return metricsText(metrics, connections.size);
    },
  });
  return { handlers, providers, events, rates, permissions, denials, place };
}

type Answering = ReturnType<typeof answering>;

async function openAgentsPort(
  core: Core,
  handlers: Answering['handlers'],
  options: ServerOptions,
  shutdown: Shutdown,
): Promise<string> {
  const { agentHost = '127.0.0.1', agentPort = 7071 } = options;
  const { database, trust, vault, authority } = core;
  const app = await buildAgentApp({
    ...core,
    handlers,
    certificate: await authority.issueServer(),
    trustPin: () => trustPin(database, trust, vault),
    session: agentEvents({ ...core, engine: core.policies.engine, isStopping: () => shutdown.isRunning }),
    door: { ...agentsDoor, ...options.agentDoor },
  });
  shutdown.add(() => app.close());
  // A third, so that one that fails leaves time for another.
  const renewal = periodically(
    authority.lifeMs / 3,
    async () => renewServerCertificate(app, authority, await authority.issueServer()),
    core.onFailure,
  );
  shutdown.add(() => renewal.stop());
  shutdown.add(async () => core.connections.closeAll('the control plane stops'));
  const port = await listen(app, { host: agentHost, port: agentPort }, 'agents');
  return `https://${inUrl(agentHost)}:${port}`;
}

async function openPeoplesPort(
  { database, policies, metrics, onFailure }: Core,
  { handlers, events, rates, permissions, denials, place }: Answering,
  options: ServerOptions,
  shutdown: Shutdown,
): Promise<string> {
  const { host = '127.0.0.1', tls = null } = options;
  const loginRates = new LoginRates();
  const slowly = ({ address }: { readonly address: string }) => loginRates.admit(address, Date.now());
  const app = buildServerApp({
    handlers,
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
    door: { ...peoplesDoor, ...options.door },
    onFailure,
  });
  shutdown.add(() => app.close());
  shutdown.add(async () => events.closeAll());
  const port = await listen(app, { host, port: options.port ?? 7070 }, 'people and programs');
  place.url = `${tls === null ? 'http' : 'https'}://${inUrl(host)}:${port}`;
  return place.url;
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

function refuseOpenDoors({ host = '127.0.0.1', tls }: ServerOptions): void {
  if (!isLoopback(host) && tls === undefined) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot listen on ${host} without TLS: any address but loopback needs a certificate and a key`,
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
