/**
 * Runs a persona's `tests` and `health_checks` after a switch; the switch stands only if all of them pass.
 *
 * Each is asked until it passes once, and fails after `failAfter` refusals in a row: tests one after the other, health checks at once.
 * Throws: `health_failed`, naming the check and its last answer.
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Probe } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { Host } from '../host/host.ts';
import { nodeHttp } from '../host/node-http.ts';

export async function runTests(tests: readonly Probe[], host: Host, signal: AbortSignal): Promise<void> {
  for (const test of tests) await untilPassed('Test', test, host, signal);
}

export async function runHealthChecks(checks: readonly Probe[], host: Host, signal: AbortSignal): Promise<void> {
  await Promise.all(checks.map((check) => untilPassed('Health check', check, host, signal)));
}

async function untilPassed(what: string, probe: Probe, host: Host, signal: AbortSignal): Promise<void> {
  const { name, everyMs, failAfter } = probe;
  for (let failures = 1; ; failures++) {
    const refusal = await ask(probe, host, signal);
    if (refusal === null) return;
    if (failures >= failAfter) {
      const times = failAfter === 1 ? '' : ` ${failures} times in a row`;
      throw new GuiseError('health_failed', `${what} "${name}" failed${times}: ${refusal}`);
    }
    await sleep(everyMs, undefined, { signal });
  }
}

/** Null when it passes, otherwise what it answered. */
async function ask(probe: Probe, host: Host, signal: AbortSignal): Promise<string | null> {
  switch (probe.type) {
    case 'command':
      return askCommand(probe.command, probe.timeoutMs, host, signal);
    case 'http':
      return askHttp(probe.url, signal);
    case 'tcp':
      return askTcp(probe.host, probe.port, signal);
  }
}

async function askCommand(
  command: readonly string[],
  timeoutMs: number,
  host: Host,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const { status, stdout, stderr } = await host.run(command, {
      timeoutMs,
      signal,
      accept: 'any',
      reads: true,
      shown: true,
    });
    if (status === 0) return null;
    const said = (stderr.trim() || stdout.trim()).split('\n').at(-1) ?? '';
    return `${command[0]} exited with ${status}${said === '' ? '' : ` (${said})`}`;
  } catch (error) {
    if (error instanceof GuiseError) return error.message;
    throw error;
  }
}

async function askHttp(url: string, signal: AbortSignal): Promise<string | null> {
  // TLS is loaded only where a persona asks for it.
  const { request } = url.startsWith('https:') ? await import('node:https') : nodeHttp();
  return new Promise((answer) => {
    const asked = request(url, { signal, timeout: limits.healthAskMs }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      answer(status >= 200 && status < 300 ? null : `${url} answered ${status}`);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer in ${limits.healthAskMs} ms`)));
    asked.on('error', (error) => answer(`${url}: ${error.message}`));
    asked.end();
  });
}

function askTcp(hostName: string, port: number, signal: AbortSignal): Promise<string | null> {
  return new Promise((answer) => {
    const socket = connect({ host: hostName, port, signal, timeout: limits.healthAskMs });
    const end = (refusal: string | null) => {
      socket.destroy();
      answer(refusal);
    };
    socket.on('connect', () => end(null));
    socket.on('timeout', () => end(`${hostName}:${port}: no answer in ${limits.healthAskMs} ms`));
    socket.on('error', (error) => end(`${hostName}:${port}: ${error.message}`));
  });
}
