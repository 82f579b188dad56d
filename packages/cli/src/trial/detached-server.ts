/** A control plane in a process of its own that outlives this one; its words go to `server.log` beside its directory. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GuiseError, limits } from '@guise/model';
import { adminTokenFile, defaultServerUrl } from '../places.ts';
import { serverCommand, serverDirectory } from './server-command.ts';
import type { TrialServer } from './trial.ts';
import { handTrialTo, trialProcess } from './trial-process.ts';

const agentPort = 7071;
const pollMs = 100;

/** Throws: `server_unavailable` with its last words when it does not come up. */
export async function startDetachedServer(directory: string, agentHost: string | null): Promise<TrialServer> {
  const logFile = join(directory, 'server.log');
  const log = openSync(logFile, 'a', 0o600);
  const [program, argv] = serverCommand(directory, agentHost);
  const child = spawn(program, argv, { detached: true, stdio: ['ignore', log, log], cwd: '/' });
  closeSync(log);
  child.unref();
  if (child.pid !== undefined) handTrialTo(directory, child.pid);
  await untilHealthy(directory, logFile);
  const adminToken = readFileSync(join(serverDirectory(directory), adminTokenFile), 'utf8').trim();
  return { url: defaultServerUrl, agentUrl: `https://${agentHost ?? '127.0.0.1'}:${agentPort}`, adminToken };
}

async function untilHealthy(directory: string, logFile: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < limits.serverStartMs; waitedMs += pollMs) {
    await delay(pollMs);
    // Its own process must be there: somebody else's on the same port would answer as well.
    if (trialProcess(directory) === null) break;
    if (readFileSync(logFile, 'utf8').includes(defaultServerUrl)) return;
  }
  const words = readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join('\n');
  throw new GuiseError('server_unavailable', `Cannot start the control plane: ${words || 'it said nothing'}`);
}
