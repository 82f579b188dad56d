/** How `start` and `up` run a control plane: from source, so that its process is known by its command line. */
import { join } from 'node:path';

const mainFile = join(import.meta.dirname, '..', 'main.ts');

/** Below the trial's own directory, which stays root's: this one is given to the account that the control plane runs as. */
export function serverDirectory(trialDirectory: string): string {
  return join(trialDirectory, 'server');
}

export function serverCommand(
  trialDirectory: string,
  agentHost: string | null,
  more: readonly string[] = [],
): readonly [program: string, argv: readonly string[]] {
  const network = agentHost === null ? [] : ['--agent-host', agentHost];
  const options = ['--state-dir', serverDirectory(trialDirectory), ...network, ...more];
  return [process.execPath, ['--disable-warning=ExperimentalWarning', mainFile, 'server', ...options]];
}
