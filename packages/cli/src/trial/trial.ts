/**
 * A whole guise on one machine to try: a control plane, a lab of three hosts with agents, the library published.
 *
 * Where hosts cannot be booted, the control plane runs alone and `labMissing` says in one line what a lab needs.
 * Invariant: everything it makes is found again by `tearDown` without a record, also after `kill -9` at any instant.
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { client as apiClient, type Client } from '@guise/api';
import type { Lab, LabHost } from '@guise/lab';
import { GuiseError, parseHostId } from '@guise/model';
import { readPersona } from '../local/read-persona.ts';
import { repository } from '../places.ts';
import { fetchInTime } from '../remote/open-client.ts';
import { durationText } from '../render/text.ts';
import { endTrialProcess, forgetTrial } from './trial-process.ts';

export interface TrialServer {
  readonly url: string;
  readonly agentUrl: string;
  readonly adminToken: string;
}

export interface Trial {
  readonly server: TrialServer;
  readonly client: Client;
  /** Null without a lab. */
  readonly lab: Lab | null;
  readonly labMissing: string | null;
  readonly hosts: readonly LabHost[];
}

export interface TrialOptions {
  readonly env: { readonly [name: string]: string | undefined };
  readonly report: (line: string) => void;
  /** Aborted by Ctrl-C; `bringUp` then throws at its next step, so that nothing is made after `tearDown`. */
  readonly signal: AbortSignal;
  /** `agentHost`: where agents reach this machine; null for loopback. */
  readonly startServer: (agentHost: string | null) => Promise<TrialServer>;
}

const labName = 'trial';
const hostNames = ['h1', 'h2', 'h3'] as const;
const requestTimeoutMs = 60_000;
const connectTimeoutMs = 120_000;
const pollMs = 100;

export async function bringUp(options: TrialOptions): Promise<Trial> {
  const { report, signal } = options;
  const { lab, labMissing } = await openTrialLab(options);
  // The network comes first, because the control plane listens on it, and hosts need the control plane's tokens.
  await lab?.up([]);
  signal.throwIfAborted();
  const startedMs = performance.now();
  const server = await options.startServer(lab?.outerAddress() ?? null);
  report(`control plane at ${server.url} in ${since(startedMs)}`);
  const client = apiClient({ baseUrl: server.url, token: server.adminToken, fetch: fetchInTime(requestTimeoutMs) });
  const published = await publishLibrary(client);
  report(`published ${published.join(', ')}`);
  signal.throwIfAborted();
  if (lab === null) return { server, client, lab, labMissing, hosts: [] };
  const bootedMs = performance.now();
  const specs = await Promise.all(hostNames.map((name) => hostSpec(client, name, server.agentUrl)));
  const hosts = await lab.up(specs);
  await untilConnected(client, hostNames, signal);
  report(
    `hosts ${hosts.map(({ name, address }) => `${name} (${address})`).join(', ')} booted and connected in ${since(bootedMs)}`,
  );
  return { server, client, lab, labMissing, hosts };
}

function since(startedMs: number): string {
  return durationText(performance.now() - startedMs);
}

/** Ends the process that runs it, if one does, and removes what it and any killed one before it left. */
export async function tearDown(directory: string, options: Pick<TrialOptions, 'env' | 'report'>): Promise<void> {
  await endTrialProcess(directory);
  const { lab } = await openTrialLab(options);
  await lab?.down();
  forgetTrial(directory);
}

/** Every persona of the library, parents first, so that whoever looks at the list finds all of them. */
async function publishLibrary(client: Client): Promise<readonly string[]> {
  const folder = join(repository, 'personas');
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  const published: string[] = [];
  for (const file of files) {
    // By the shortest name, because `why` tells people where a value was said.
    const persona = await readPersona(relative(process.cwd(), join(folder, file)));
    const { persona_id, version } = await client.publishPersona({ body: { persona } });
    published.push(`${persona_id}@${version}`);
  }
  return published;
}

async function openTrialLab({
  env,
  report,
}: Pick<TrialOptions, 'env' | 'report'>): Promise<{ lab: Lab | null; labMissing: string | null }> {
  const { labDirectory, labSupport, openLab } = await import('@guise/lab');
  const support = labSupport();
  if (!support.supported) return { lab: null, labMissing: support.missing };
  return { lab: openLab({ name: labName, directory: labDirectory(env), repository, report }), labMissing: null };
}

async function hostSpec(client: Client, name: string, agentUrl: string) {
  const { join_token } = await client.createJoinToken({ body: { host_id: parseHostId(name) } });
  return { name, agentConfig: { name, server: agentUrl, token: join_token } };
}

/** Throws: `host_unavailable` when an agent does not come within `connectTimeoutMs`. */
async function untilConnected(client: Client, names: readonly string[], signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const { items } = await client.listHosts({ query: { connected: 'true' } });
    const missing = names.filter((name) => !items.some(({ host_id }) => host_id === name));
    if (missing.length === 0) return;
    if (waitedMs >= connectTimeoutMs) {
      throw new GuiseError('host_unavailable', `Cannot find the agents of ${missing.join(', ')}: they did not connect`);
    }
    await delay(pollMs, undefined, { signal });
  }
}
