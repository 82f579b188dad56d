/**
 * Starts a host and waits until systemd inside says that it has finished booting, well (`running`) or nearly (`degraded`).
 *
 * Throws: `lab_failed`, with the end of the host's console, when it ends or does not finish within `limits.labBootTimeoutMs`.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { GuiseError, limits } from '@guise/model';
import type { Cgroups } from './cgroups.ts';
import { runCommand } from './command.ts';
import type { HostRecord } from './lab-state.ts';
import { hostCgroup, hostLog, type LabNames } from './names.ts';
import { enterCommand, hostEnvironment, leaderOf, removeMachineTraces, startHost } from './nspawn.ts';

export interface LabContext {
  readonly names: LabNames;
  readonly cgroups: Cgroups;
  readonly repository: string;
  readonly report: (line: string) => void;
}

const pollMs = 50;
const entryPollMs = 2;
const consoleLines = 15;

/**
 * Starts a host, unless something of it runs already: another process may have started it. Expects the lab's lock to be held.
 * Gives what was started, once it is in the host's cgroup and so visible to everyone.
 */
export async function bootHost(context: LabContext, record: HostRecord): Promise<ChildProcess | undefined> {
  const { names, cgroups, repository } = context;
  const cgroup = hostCgroup(names, record.name);
  if (cgroups.pids(cgroup).length > 0) return undefined;
  await cgroups.destroy(cgroup);
  await removeMachineTraces(names, record.name);
  const entrances = cgroups.create(cgroup);
  cgroups.limit(cgroup, record);
  const started = startHost(names, record.name, repository, entrances);
  while (cgroups.pids(cgroup).length === 0) {
    if (hasEnded(started)) throw failure(context, record.name, 'it ended at once');
    await delay(entryPollMs);
  }
  return started;
}

/**
 * `started` is absent when another process has started the host. False when that one has ended since: what was seen of it was a host
 * that was being killed, and it can be booted now.
 */
export async function awaitBoot(
  context: LabContext,
  host: string,
  started: ChildProcess | undefined,
): Promise<boolean> {
  const deadline = Date.now() + limits.labBootTimeoutMs;
  while (Date.now() < deadline) {
    if (await hasBooted(context, host)) {
      context.report(`${host} is up`);
      return true;
    }
    if (started === undefined && context.cgroups.pids(hostCgroup(context.names, host)).length === 0) return false;
    if (started !== undefined && hasEnded(started)) throw failure(context, host, 'it ended');
    await delay(pollMs);
  }
  throw failure(context, host, `it has not finished within ${limits.labBootTimeoutMs} ms`);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function hasBooted({ cgroups, names }: LabContext, host: string): Promise<boolean> {
  const leader = leaderOf(cgroups, names, host);
  // Asking before systemd listens would only cost time that the boot needs.
  if (leader === undefined || !existsSync(`/proc/${leader}/root/run/systemd/private`)) return false;
  const question = enterCommand(leader, ['systemctl', 'is-system-running', '--wait']);
  const answer = await runCommand(question, { env: hostEnvironment, timeoutMs: limits.labBootTimeoutMs });
  return ['running', 'degraded'].includes(answer.stdout.trim());
}

function failure({ names }: LabContext, host: string, why: string): GuiseError {
  const log = hostLog(names, host);
  const console = existsSync(log)
    ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-consoleLines).join('\n')
    : '';
  return new GuiseError('lab_failed', `Cannot boot the host "${host}": ${why}\n${console}`);
}
