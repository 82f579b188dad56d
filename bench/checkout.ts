/**
 * How long borrowing a host takes, and giving it back: one real host of a lab, its provider and a control plane, each as users have them.
 *
 * The persona brings a hundred files, users and sysctls and no package. Of each step the time is told, as the audit has it. And a
 * hundred who ask for one host at the same instant: how many get it, and after how long the last one knows. Nothing asserts on time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, client } from '@guise/api';
import type { Lab } from '@guise/lab';
import { GuiseError, parseHostId, parsePersonaId } from '@guise/model';
import { labProviders, type RunningServer, startServer } from '@guise/server';
import { joinHosts } from '../tests/host/join-hosts.ts';
import { startProvider } from '../tests/host/provided-lab.ts';

export const checkoutLab = 'bench-checkout';
const host = { host_id: parseHostId('b1') };
const persona_id = parsePersonaId('bench');
const rounds = 5;
const askers = 100;
const pollMs = 20;

const lines = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, i) => line(i));
const document = [
  'guise: persona/v1',
  'persona_id: bench',
  'files:',
  ...lines(100, (index) => `  /etc/bench/file-${index}: {content: "of the bench, ${index}\\n"}`),
  'security_profile:',
  '  users:',
  ...lines(5, (index) => `    bench${index}: {system: true, shell: /usr/sbin/nologin}`),
  'operating_system:',
  '  sysctl: {net.core.somaxconn: 8192, net.ipv4.tcp_fin_timeout: 20, net.ipv4.tcp_keepalive_time: 600}',
  '',
].join('\n');

export interface CheckoutFigures {
  /** Of each round, in ms. */
  readonly readyMs: readonly number[];
  readonly backMs: readonly number[];
  /** Mean time in each state, in order. */
  readonly steps: readonly { readonly state: string; readonly ms: number }[];
  readonly leases: number;
  readonly answeredMs: number;
}

export async function checkoutFigures(lab: Lab, report: (line: string) => void): Promise<CheckoutFigures> {
  await using ending = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), 'guise-bench-'));
  ending.defer(() => rmSync(directory, { recursive: true, force: true }));
  await lab.up([]);
  const socketPath = join(directory, 'provider', 'socket');
  const endProvider = await startProvider(checkoutLab, socketPath);
  ending.defer(async () => void (await endProvider()));
  const server = await startServer({
    stateDirectory: directory,
    port: 0,
    agentHost: lab.outerAddress(),
    agentPort: 0,
    providers: labProviders(socketPath),
    report,
  });
  ending.defer(() => server.close());
  const api = client({ baseUrl: server.url, token: server.adminToken, fetch });
  await enrolHost(lab, api, server);
  const lent: Awaited<ReturnType<typeof lend>>[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const one = await lend(api);
    report(`ready after ${one.readyMs} ms, back after ${one.backMs} ms`);
    // The first finds nothing cached.
    if (round > 0) lent.push(one);
  }
  return {
    readyMs: lent.map(({ readyMs }) => readyMs),
    backMs: lent.map(({ backMs }) => backMs),
    steps: meanSteps(lent.map(({ steps }) => steps)),
    ...(await askAtOnce(api)),
  };
}

async function enrolHost(lab: Lab, api: Client, server: RunningServer): Promise<void> {
  await joinHosts(lab, server, ['b1']);
  await api.putHostProvider({ params: host, body: { provider: 'lab', provider_host: 'b1', machine: hostname() } });
  await api.publishPersona({ body: { document } });
}

async function lend(api: Client) {
  const asked = performance.now();
  const checkout = await api.requestCheckout({ body: { ...host, persona_id, for: '1h', reason: 'a bench' } });
  await reaches(api, checkout.checkout_id, 'out');
  const readyMs = Math.round(performance.now() - asked);
  const given = performance.now();
  await api.checkIn({ params: checkout });
  await reaches(api, checkout.checkout_id, 'ended');
  const backMs = Math.round(performance.now() - given);
  const { items } = await api.listAudit({
    query: { resource: `checkout/${checkout.checkout_id}`, action: 'checkout:step', limit: 100 },
  });
  return { readyMs, backMs, steps: stepsOf(items.toReversed()) };
}

/** Each entry says that its state began. */
function stepsOf(entries: readonly { readonly at: string; readonly detail: unknown }[]) {
  return entries.slice(0, -1).flatMap(({ at, detail }, index) => {
    const { to: state } = detail as { readonly to: string };
    return state === 'out' ? [] : [{ state, ms: Date.parse(entries[index + 1]!.at) - Date.parse(at) }];
  });
}

function meanSteps(all: readonly ReturnType<typeof stepsOf>[]): CheckoutFigures['steps'] {
  return (all[0] ?? []).map(({ state }) => {
    const times = all.map((steps) => steps.find((step) => step.state === state)?.ms ?? 0);
    return { state, ms: Math.round(times.reduce((sum, ms) => sum + ms, 0) / times.length) };
  });
}

async function askAtOnce(api: Client): Promise<{ readonly leases: number; readonly answeredMs: number }> {
  const begun = performance.now();
  const body = { ...host, for: '1h', reason: 'a bench' };
  const answers = await Promise.allSettled(Array.from({ length: askers }, () => api.requestCheckout({ body })));
  return {
    leases: answers.filter(({ status }) => status === 'fulfilled').length,
    answeredMs: Math.round(performance.now() - begun),
  };
}

async function reaches(api: Client, checkout_id: string, state: string): Promise<void> {
  await until(async () => {
    const found = await api.getCheckout({ params: { checkout_id } });
    if (found.state !== state && found.ended_at !== null)
      throw new GuiseError('change_failed', `The checkout ended as ${found.state}: ${found.failure}`);
    return found.state === state;
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(pollMs);
}

export function renderCheckoutFigures(figures: CheckoutFigures, date: string): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  const ready = Math.max(...figures.readyMs);
  const back = Math.max(...figures.backMs);
  return [
    `${date}, ${rounds} rounds`,
    '',
    '| step | mean |',
    '| --- | ---: |',
    ...figures.steps.map(({ state, ms }) => `| ${state} | ${seconds(ms)} |`),
    '',
    '| goal | reached, slowest | |',
    '| --- | ---: | --: |',
    `| ready within 5 s of the request | ${seconds(ready)} | ${mark(ready <= 5000)} |`,
    `| back in production within 5 s of the check-in | ${seconds(back)} | ${mark(back <= 5000)} |`,
    `| of ${askers} that ask at once exactly one gets the host | ${figures.leases} | ${mark(figures.leases === 1)} |`,
    `| and all of them know | ${seconds(figures.answeredMs)} | |`,
  ].join('\n');
}

function mark(isReached: boolean): string {
  return isReached ? '✓' : '✗';
}
