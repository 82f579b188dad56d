/** The agent's composition root: real clock, real randomness, real paths. */
import { randomBytes } from 'node:crypto';
import { GuiseError, logText } from '@guise/model';
import { agentVersion } from './agent-version.ts';
import { systemClock } from './link/clock.ts';
import { runAgent } from './run-agent.ts';

const ending = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort());

// Not awaited: parts of the bundle that are loaded later import this file, and would wait for its end.
runAgent({
  configPath: '/etc/guise/agent.json',
  stateDirectory: '/var/lib/guise',
  socketPath: '/run/guise/agent.sock',
  personasPath: '/etc/guise/personas',
  agentVersion,
  clock: systemClock,
  memory: { residentBytes: () => process.memoryUsage.rss(), collect: collector() },
  makeToken: () => randomBytes(32).toString('base64url'),
  report: (line) => process.stderr.write(`${logText(line)}\n`),
  signal: ending.signal,
}).catch((error: unknown) => {
  if (!(error instanceof GuiseError)) throw error;
  process.stderr.write(`guise agent: ${logText(error.message)}\n`);
  process.exitCode = 1;
});

/** There with `--expose-gc` alone, which bin/guise-agent gives. The last resort also drops compiled code that has not run for long. */
function collector(): (() => void) | null {
  const { gc } = globalThis;
  return gc === undefined ? null : () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
