import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { placesFor } from '../places.ts';
import { printJson } from '../print-json.ts';
import { startDetachedServer } from '../trial/detached-server.ts';
import { bringUp, type Trial, tearDown } from '../trial/trial.ts';
import { claimTrial } from '../trial/trial-process.ts';

export const up = defineCommand({
  operands: [],
  options: {},
  notes: [
    'Server on http://127.0.0.1:7070, lab hosts h1, h2 and h3 with agents, the library published. guise down removes all of it.',
  ],
  examples: [{ line: 'guise up && guise host ls', why: 'something to play with' }],
  async run(context) {
    const { trial: directory } = placesFor(context.env, context.isRoot);
    const options = { env: context.env, report: (line: string) => context.err.line(context.err.style.quiet(line)) };
    const signal = context.interruption();
    claimTrial(directory);
    await tearDown(directory, options);
    claimTrial(directory);
    try {
      const trial = await bringUp({
        ...options,
        signal,
        startServer: (agentHost) => startDetachedServer(directory, agentHost),
      });
      printTrial(trial, context);
      return 0;
    } catch (error) {
      await tearDown(directory, options);
      if (signal.aborted) return 1;
      throw error;
    }
  },
});

export function printTrial({ server, hosts, labMissing }: Trial, context: Context): void {
  if (context.json) {
    const shown = hosts.map(({ name, address }) => ({ host_id: name, address }));
    printJson(context, { url: server.url, token: server.adminToken, hosts: shown, lab_missing: labMissing });
    return;
  }
  const { out } = context;
  out.line(`Control plane: ${server.url}`);
  out.line(`Token:         ${server.adminToken}`);
  out.line(
    `Hosts:         ${hosts.map(({ name, address }) => `${name} (${address})`).join(', ') || `none: ${labMissing}`}`,
  );
}
