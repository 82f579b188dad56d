/**
 * The agent's life: finish what was interrupted, make the host again what it should be (a reboot forgets sysctls and firewalls) and
 * keep it so, while triggers, people and the control plane, if there is one, say what that is.
 *
 * Its end changes nothing on the host: a switch that is running is finished or, if killed, undone at the next start.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GuiseError, limits, parseHostId } from '@guise/model';
import { readAgentConfig } from './agent-config.ts';
import type { Engine } from './engine/engine.ts';
import { engineHere } from './engine-here.ts';
import { LoginWatch } from './host/login-watch.ts';
import { readExternalMetric } from './host/metrics/external-metric.ts';
import { localMetricSource, MetricSampler } from './host/metrics/metric-sampler.ts';
import { directoryReader } from './host/persona-reader.ts';
import { claimSocketPath, openSocketPath, releaseSocketPath } from './host/socket-path.ts';
import { DirectoryWatch } from './host/watch-directories.ts';
import { keptHere } from './kept-here.ts';
import type { LinkClock } from './link/clock.ts';
import { desiredFile } from './link/desired-store.ts';
import type { EnrolOptions, Identity } from './link/enrol.ts';
import { hostPersonas } from './local-api/host-personas.ts';
import { serveLocalApi } from './local-api/local-api.ts';
import { localRoutes } from './local-api/local-routes.ts';
import { RememberedPersonas } from './local-api/remembered-personas.ts';
import { type MakeElsewhere, makeElsewhere } from './make-elsewhere.ts';
import { type Memory, releaseMemoryAtRest } from './release-memory.ts';
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
  const engine = engineHere({ root: '/', stateDirectory, elsewhere });
  await finishInterrupted(engine, report);
  const { conductor, guard, logins } = adaptation({ ...options, engine, elsewhere });
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
  const link = server === undefined ? null : follow({ ...options, config, server, engine, conductor });
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
}

function adaptation({ engine, elsewhere, stateDirectory, clock, report }: Adaptation) {
  const sampler = new MetricSampler(localMetricSource());
  const logins: LoginWatch = new LoginWatch(clock.steadyMs, () => conductor.evaluate());
  const conductor = new Conductor({
    engine,
    store: desiredFile(`${stateDirectory}/desired.json`),
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
  readonly config: { readonly token?: string | undefined; readonly name?: string | undefined };
  readonly server: string;
  readonly engine: Engine;
  readonly conductor: Conductor;
}

async function follow({
  config,
  server,
  engine,
  conductor,
  stateDirectory,
  agentVersion,
  clock,
  makeToken,
  report,
  signal,
}: Follow) {
  // Sockets, TLS and the wire's schemas take a sixth of an agent's memory, and an agent without a server has no use for them.
  const { auditEvidencePath, connectLink, enrol, ensureIdentity, TrustStore, trustPath } = await import('./link.ts');
  const hostId = parseHostId(config.name ?? String(engine.facts()['hostname'] ?? '').toLowerCase());
  const identity = ensureIdentity(`${stateDirectory}/identity.json`, hostId, makeToken);
  if (config.token !== undefined)
    await enrolUntilAnswered({ server, joinToken: config.token, identity, enrol, report, signal });
  return connectLink({
    url: server,
    identity,
    agentVersion,
    facts: () => engine.facts(),
    engine,
    conductor,
    clock,
    audit: { trust: new TrustStore(trustPath(stateDirectory)), evidencePath: auditEvidencePath(stateDirectory) },
    makeNonce: makeToken,
    report,
  });
}

interface Enrol {
  readonly server: string;
  readonly joinToken: string;
  readonly identity: Identity;
  readonly enrol: (options: EnrolOptions) => Promise<void>;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A control plane that is away is waited for. A token that was used before is this host's own, from an earlier start. */
async function enrolUntilAnswered({ server, joinToken, identity, enrol, report, signal }: Enrol): Promise<void> {
  while (!signal.aborted) {
    try {
      return await enrol({ url: server, joinToken, identity, fetch });
    } catch (error) {
      if (!(error instanceof GuiseError)) throw error;
      report(`could not enrol: ${error.message}`);
      if (error.kind !== 'unavailable') return;
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
