/**
 * The agent's life: finish what was interrupted, make the host again what it should be (a reboot forgets sysctls and firewalls) and
 * keep it so, while triggers, people and the control plane, if there is one, say what that is.
 *
 * Its end changes nothing on the host: a switch that is running is finished or, if killed, undone at the next start.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorKind, GuiseError, limits, parseHostId } from '@guise/model';
import { type AgentConfig, readAgentConfig } from './agent-config.ts';
import type { Engine } from './engine/engine.ts';
import { engineHere, machineHere } from './engine-here.ts';
import { LoginWatch } from './host/login-watch.ts';
import { readExternalMetric } from './host/metrics/external-metric.ts';
import { localMetricSource, MetricSampler } from './host/metrics/metric-sampler.ts';
import { directoryReader } from './host/persona-reader.ts';
import { claimSocketPath, openSocketPath, releaseSocketPath } from './host/socket-path.ts';
import { DirectoryWatch } from './host/watch-directories.ts';
import { keptHere } from './kept-here.ts';
import type { RevertParts } from './lease/revert-host.ts';
import { SnapshotStore } from './lease/snapshot-store.ts';
import type { LinkClock } from './link/clock.ts';
import type { Link } from './link/connect-link.ts';
import { desiredFile } from './link/desired-store.ts';
import { hostPersonas } from './local-api/host-personas.ts';
import { serveLocalApi } from './local-api/local-api.ts';
import { localRoutes } from './local-api/local-routes.ts';
import { RememberedPersonas } from './local-api/remembered-personas.ts';
import { type MakeElsewhere, makeElsewhere } from './make-elsewhere.ts';
import { type Memory, releaseMemoryAtRest } from './release-memory.ts';
import { sealedStoreIn, secretsInUse } from './secrets/secrets-here.ts';
import { adaptationFiles } from './triggers/adaptation-memory.ts';
import { Conductor } from './triggers/conductor.ts';
import { DriftGuard } from './triggers/drift-guard.ts';

export interface AgentOptions {
  readonly configPath: string;
  readonly stateDirectory: string;
  readonly socketPath: string;
  /** Folder of this host's own personas. */
  readonly personasPath: string;
  readonly agentVersion: string;
  readonly clock: LinkClock;
  readonly memory: Memory;
  /** 256 random bits as text. */
  readonly makeToken: () => string;
  readonly report: (line: string) => void;
  /** Aborted when the agent is to end. */
  readonly signal: AbortSignal;
}

/** Resolves when the signal has been aborted and everything is closed. */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { stateDirectory, socketPath, personasPath, report, signal } = options;
  const config = readAgentConfig(options.configPath);
  const elsewhere = makeElsewhere(stateDirectory);
  const machine = machineHere('/');
  const engine = engineHere({ root: '/', stateDirectory, elsewhere, machine });
  await finishInterrupted(engine, report);
  const snapshots = new SnapshotStore(stateDirectory);
  const { conductor, guard, logins } = adaptation({ ...options, engine, elsewhere, snapshots });
  const { nowMs } = options.clock;
  const revert = { engine, conductor, host: machine.host, stateDirectory, snapshots, nowMs };
  if (snapshots.reverting !== null) await (await import('./lease/revert-host.ts')).finishRevert(revert, report);
  const personas = new RememberedPersonas(directoryReader(), keptHere(stateDirectory), elsewhere);
  const desired = () => conductor.desired?.layers ?? [];
  const findPersona = hostPersonas({ folder: personasPath, personas, desired });
  claimSocketPath(socketPath);
  const routes = localRoutes({ ...options, engine, conductor, findPersona, personas });
  const api = await serveLocalApi({ path: socketPath, routes, report });
  openSocketPath(socketPath);
  report(`serving ${socketPath}`);
  const stopReleasing = releaseMemoryAtRest(options.memory, options.clock);
  const { server } = config;
  const link = server === undefined ? null : followOrTell({ ...options, config, server, engine, conductor, revert });
  await conductor.start();
  guard.start();
  await aborted(signal);
  stopReleasing();
  guard.close();
  logins.close();
  await conductor.close();
  (await link)?.close();
  api.close();
  releaseSocketPath(socketPath);
  engine.close();
}

async function finishInterrupted(engine: Engine, report: (line: string) => void): Promise<void> {
  const recovered = await engine.recover();
  if (recovered !== null) report(`an interrupted switch (${recovered.id}) is now ${recovered.status}`);
}

interface Adaptation extends AgentOptions {
  readonly engine: Engine;
  readonly elsewhere: MakeElsewhere | null;
  readonly snapshots: SnapshotStore;
}

function adaptation({ engine, elsewhere, snapshots, stateDirectory, clock, report }: Adaptation) {
  const sampler = new MetricSampler(localMetricSource());
  const logins: LoginWatch = new LoginWatch(clock.steadyMs, () => conductor.evaluate());
  const conductor = new Conductor({
    engine,
    store: desiredFile(`${stateDirectory}/desired.json`, (sent) =>
      sealedStoreIn(stateDirectory).receive(sent, secretsInUse(engine, snapshots.layers())),
    ),
    memory: adaptationFiles(stateDirectory),
    clock,
    facts: () => engine.facts(),
    kept: keptHere(stateDirectory),
    elsewhere,
    metrics: {
      sample: (names, steadyMs) => sampler.sample(names, steadyMs),
      external: (source) => readExternalMetric(source),
    },
    logins: () => logins.current(),
    report,
  });
  const watch: DirectoryWatch = new DirectoryWatch(() => guard.look());
  const guard = new DriftGuard({ engine, conductor, alerts: conductor.alerts, clock, watch, report });
  return { conductor, guard, logins };
}

interface Follow extends AgentOptions {
  readonly config: AgentConfig;
  readonly server: string;
  readonly engine: Engine;
  readonly conductor: Conductor;
  readonly revert: RevertParts;
}

/** Null when it cannot: the host is then looked after as if it had no control plane. */
function followOrTell(options: Follow): Promise<Link | null> {
  return follow(options).catch((error: unknown) => {
    if (!(error instanceof GuiseError)) throw error;
    options.report(`cannot follow a control plane: ${error.message}`);
    return null;
  });
}

async function follow({
  config,
  server,
  engine,
  conductor,
  revert,
  stateDirectory,
  agentVersion,
  clock,
  makeToken,
  report,
  signal,
}: Follow): Promise<Link | null> {
  // Sockets, TLS and the wire's schemas take a sixth of an agent's memory, and an agent without a server has no use for them.
  const {
    auditEvidencePath,
    connectLink,
    enrol,
    HostTrust,
    IdentityStore,
    joinTokenDigest,
    leaseHere,
    pinnedRoot,
    TrustStore,
    trustPath,
  } = await import('./link.ts');
  const hostId = parseHostId(config.name ?? String(engine.facts()['hostname'] ?? '').toLowerCase());
  const identity = new IdentityStore(`${stateDirectory}/identity.json`, hostId);
  const store = new TrustStore(trustPath(stateDirectory));
  const { token } = config;
  if (token !== undefined && identity.current?.join_token_digest !== joinTokenDigest(token)) {
    const root = config.root === undefined ? null : pinnedRoot(config.root);
    await untilAnswered(() => enrol({ url: server, joinToken: token, identity, trust: store, root }), {
      report,
      signal,
    });
  }
  if (identity.current === null) {
    report('this host has not enrolled: give /etc/guise/agent.json a token that guise host token makes');
    return null;
  }
  const trust = new HostTrust({ store, hostId, nowMs: clock.nowMs });
  const lease = leaseHere({ ...revert, engine, conductor, trust, directories: config.fingerprint_directories });
  return connectLink({
    url: server,
    identity,
    agentVersion,
    facts: () => engine.facts(),
    engine,
    conductor,
    trust,
    lease,
    clock,
    audit: { trust: store, evidencePath: auditEvidencePath(stateDirectory) },
    makeNonce: makeToken,
    report,
  });
}

/** What trying again does not change. */
const finalKinds: ReadonlySet<ErrorKind> = new Set(['invalid', 'unauthenticated', 'forbidden', 'conflict']);

/**
 * A control plane that is away is waited for, and one that is another's too: it may be the wrong one for a moment. What the right one
 * says is final.
 */
async function untilAnswered(
  enrol: () => Promise<void>,
  { report, signal }: Pick<AgentOptions, 'report' | 'signal'>,
): Promise<void> {
  let told = '';
  while (!signal.aborted) {
    try {
      return await enrol();
    } catch (error) {
      if (!(error instanceof GuiseError)) throw error;
      if (error.message !== told) report(`could not enrol: ${error.message}`);
      told = error.message;
      if (finalKinds.has(error.kind) && error.code !== 'certificate_invalid') return;
      await sleep(limits.enrolRetryMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
