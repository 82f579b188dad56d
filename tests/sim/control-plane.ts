/** A real control plane with its own PostgreSQL, and agents with an engine in memory, for tests of what is between them. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { localHost } from '@guise/agent';
import { adaptationFiles, Conductor } from '@guise/agent/adaptation';
import {
  auditEvidencePath,
  connectLink,
  desiredFile,
  enrol,
  HostTrust,
  IdentityStore,
  type Link,
  leaseHere,
  SnapshotStore,
  systemClock,
  TrustStore,
  trustPath,
} from '@guise/agent/link';
import { type Client, client } from '@guise/api';
import { type Facts, parseHostId } from '@guise/model';
import { type RunningServer, type ServerOptions, startServer } from '@guise/server';
import { MemoryEngine } from './memory-engine.ts';

/** A test that waits longer has failed. */
const patienceMs = 20_000;
const pollMs = 10;

export interface TestAgent {
  readonly engine: MemoryEngine;
  readonly conductor: Conductor;
  readonly link: { readonly connected: boolean; close(): Promise<void> };
  readonly reports: string[];
  readonly stateDirectory: string;
}

export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'guise-sim-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function startTestServer(
  options: Partial<ServerOptions> & { readonly stateDirectory: string },
): Promise<RunningServer> {
  return startServer({ port: 0, agentPort: 0, report: () => undefined, ...options });
}

/** What a replica has in common with another. */
export function sharedWith({ databaseUrl, masterKeyFile }: RunningServer): Partial<ServerOptions> {
  return { database: databaseUrl, masterKeyFile };
}

export function clientOf(server: Pick<RunningServer, 'url' | 'adminToken'>): Client {
  return client({ baseUrl: server.url, token: server.adminToken, fetch });
}

/** Enrols a host that may be known already; what it believes is pinned in the directory. */
export async function enrolTestHost(
  server: Pick<RunningServer, 'url' | 'agentUrl' | 'adminToken'>,
  name: string,
  stateDirectory: string,
): Promise<void> {
  const hostId = parseHostId(name);
  const { join_token } = await clientOf(server).createJoinToken({ body: { host_id: hostId } });
  const identity = identityIn(stateDirectory, name);
  const trust = new TrustStore(join(stateDirectory, 'trust.json'));
  await enrol({ url: server.agentUrl, joinToken: join_token, identity, trust, root: null });
}

export function identityIn(stateDirectory: string, name: string): IdentityStore {
  return new IdentityStore(join(stateDirectory, 'identity.json'), parseHostId(name));
}

/** Uses the identity and the desired state that are in the directory. */
export function startTestAgent(
  url: string,
  name: string,
  stateDirectory: string,
  engine = new MemoryEngine(),
  told: Facts = {},
): TestAgent {
  const reports: string[] = [];
  const identity = identityIn(stateDirectory, name);
  const report = (line: string) => reports.push(line);
  const facts = () => ({ hostname: name, ...told });
  const conductor = new Conductor({
    engine,
    store: desiredFile(join(stateDirectory, 'desired.json')),
    memory: adaptationFiles(stateDirectory),
    clock: systemClock,
    facts,
    kept: null,
    elsewhere: null,
    metrics: { sample: () => new Map(), external: async () => ({ ok: false, reason: 'there is no host' }) },
    logins: () => new Map(),
    report,
  });
  const store = new TrustStore(trustPath(stateDirectory));
  const { nowMs } = systemClock;
  const trust = new HostTrust({ store, hostId: parseHostId(name), nowMs });
  const host = localHost({ root: stateDirectory });
  const link = connectLink({
    url,
    identity,
    agentVersion: '0.1.0',
    facts,
    engine,
    conductor,
    trust,
    lease: leaseHere({
      engine,
      conductor,
      trust,
      host,
      snapshots: new SnapshotStore(stateDirectory),
      stateDirectory,
      nowMs,
    }),
    clock: systemClock,
    audit: { trust: store, evidencePath: auditEvidencePath(stateDirectory) },
    makeNonce: () => randomBytes(16).toString('hex'),
    report,
  });
  void conductor.start();
  return { engine, conductor, link: closingBoth(link, conductor), reports, stateDirectory };
}

function closingBoth(link: Link, conductor: Conductor): TestAgent['link'] {
  return {
    get connected() {
      return link.connected;
    },
    close: async () => {
      await conductor.close();
      link.close();
    },
  };
}

/** Resolves when it holds; throws when it still does not after `patienceMs`. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs: number = patienceMs,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (performance.now() < untilMs) {
    if (await holds()) return;
    await sleep(pollMs);
  }
  throw new Error(`Waited ${withinMs / 1000} s in vain for this: ${what}`);
}

export function personaText(id: string, swappiness: number): string {
  return `guise: persona/v1\npersona_id: ${id}\noperating_system: {sysctl: {vm.swappiness: ${swappiness}}}\n`;
}
