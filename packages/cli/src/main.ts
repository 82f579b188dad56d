/** The command line of guise: reads the process once, and is the only place that sets its exit code. */
import type { Context } from './context.ts';
import { withoutControls } from './render/text.ts';
import { applyThroughAgent } from './resident-apply.ts';
import { openTerminal } from './terminal.ts';

const out = openTerminal(process.stdout, process.env);
const err = openTerminal(process.stderr, process.env);

const context: Omit<Context, 'json'> = {
  out,
  err,
  env: process.env,
  cwd: process.cwd(),
  isRoot: process.getuid?.() === 0,
  canAsk: process.stdin.isTTY === true && err.isTty,
  confirm: askOnTerminal,
  askSecret: async (question) => (await import('./ask-secret.ts')).askSecret(question),
  interruption,
};

const argv = process.argv.slice(2);
// Not awaited: parts of the bundle that are loaded later may import this file, and would wait for its end.
void run();

/** The command line proper brings the engine with it, so it is loaded only when nobody else does the work. */
async function run(): Promise<void> {
  process.exitCode =
    (await applyThroughAgent({ ...context, json: argv.includes('--json') })) ??
    (await (await import('./run-cli.ts')).runCli(argv, context));
}

async function askOnTerminal(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y/i.test((await terminal.question(`${withoutControls(question, err.isTty)} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** The first signal asks to end in order; the second one ends at once, as it would have without us. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => controller.abort(signal));
  return controller.signal;
}
