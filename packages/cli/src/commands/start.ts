/**
 * The guided run behind `npm start`: brings a trial up, shows guise at work, stays up until Ctrl-C, and leaves nothing behind.
 *
 * With `--check` it does the same unattended and ends with 0 or 1. What an earlier run that was killed left is removed first.
 */
import { GuiseError, parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { placesFor } from '../places.ts';
import { errorLines } from '../render/error.ts';
import { ProgressLine } from '../render/progress.ts';
import { durationText } from '../render/text.ts';
import { startTiedServer, type TiedServer } from '../trial/tied-server.ts';
import { bringUp, type Trial, type TrialOptions, tearDown } from '../trial/trial.ts';
import { claimTrial } from '../trial/trial-process.ts';
import { untilAborted } from '../until-aborted.ts';
import type { Stage, Step } from './start/step.ts';
import { steps } from './start/steps.ts';
import { printTrial } from './up.ts';

export const start = defineCommand({
  operands: [],
  options: {
    check: { type: 'boolean', summary: 'Ask nothing, do not stay up: exit 0 when all of it works, 1 when not' },
  },
  notes: [
    'A control plane, three lab hosts (root on Linux), the library published; web and database on one host, a persona that fails and is',
    'rolled back, why, and the history. Ctrl-C removes all of it.',
  ],
  examples: [
    { line: 'npm start', why: 'the same' },
    { line: 'npm start -- --check', why: 'in CI' },
  ],
  async run(context, { options }) {
    const { trial: directory } = placesFor(context.env, context.isRoot);
    const report = (line: string) => context.err.line(context.err.style.quiet(line));
    const interruption = context.interruption();
    claimTrial(directory);
    // Mostly there is nothing to remove, and then nothing to tell.
    await tearDown(directory, { env: context.env, report: () => undefined });
    claimTrial(directory);
    const running: { server: TiedServer | null } = { server: null };
    const trialOptions: TrialOptions = {
      env: context.env,
      report,
      signal: interruption,
      async startServer(agentHost) {
        running.server = await startTiedServer(directory, agentHost, report);
        return running.server;
      },
    };
    try {
      const code = await guidedRun(context, trialOptions, options.check);
      if (!options.check && code === 0) await stayUp(running.server, interruption);
      return code;
    } catch (error) {
      if (!interruption.aborted) throw error;
      return options.check ? 1 : 0;
    } finally {
      report('removing the hosts and the control plane');
      await running.server?.close();
      await tearDown(directory, { env: context.env, report });
    }
  },
});

/** Until Ctrl-C. Throws: why, when the control plane cannot go on before that. */
async function stayUp(server: TiedServer | null, interruption: AbortSignal): Promise<void> {
  await untilAborted(server === null ? interruption : AbortSignal.any([interruption, server.failed]));
  server?.failed.throwIfAborted();
}

/** 0 when every step showed what it should. */
async function guidedRun(context: Context, options: TrialOptions, isCheck: boolean): Promise<ExitCode> {
  const trial = await bringUp(options);
  const { lab } = trial;
  const [host] = trial.hosts;
  if (lab === null || host === undefined) {
    context.out.line(`No lab hosts: ${trial.labMissing}.`);
    printNext(trial, isCheck, context);
    return 0;
  }
  const progress = new ProgressLine(context.err);
  const stage: Stage = {
    client: trial.client,
    lab,
    host,
    hostId: parseHostId(host.name),
    out: context.out,
    tell: (line) => progress.show(line),
    signal: options.signal,
  };
  for (const [index, step] of steps.entries()) {
    options.signal.throwIfAborted();
    if (!(await runStep(step, index, stage, progress, context))) return 1;
  }
  context.out.line(`\nAll ${steps.length} steps showed what they should.`);
  printNext(trial, isCheck, context);
  return 0;
}

async function runStep(
  step: Step,
  index: number,
  stage: Stage,
  progress: ProgressLine,
  { out, err }: Context,
): Promise<boolean> {
  out.line(`\n${out.style.heading(`${index + 1}/${steps.length} ${step.name}`)}: ${step.shows}`);
  const startedMs = performance.now();
  try {
    const evidence = await step.run(stage);
    progress.clear();
    for (const line of evidence) out.line(`  ${line}`);
    out.line(out.style.added(`  ok in ${durationText(performance.now() - startedMs)}`));
    return true;
  } catch (error) {
    progress.clear();
    if (!(error instanceof GuiseError) || stage.signal.aborted) throw error;
    for (const line of errorLines(error, err.style, { showStack: false })) err.line(`  ${line}`);
    err.line(err.style.removed(`  failed after ${durationText(performance.now() - startedMs)}`));
    return false;
  }
}

/** A check is over by now, so its addresses and token would lead nowhere. */
function printNext(trial: Trial, isCheck: boolean, context: Context): void {
  context.out.line('');
  if (!isCheck) printTrial(trial, context);
  if (context.json) return;
  const commands =
    trial.lab === null
      ? ['./guise persona ls', './guise persona show web']
      : ['./guise host ls', './guise host assign h2 web', './guise host plan h2', './guise lab shell h1 --name trial'];
  context.out.line(
    isCheck ? 'Without --check it stays up for more, in another terminal:' : 'Next, in another terminal:',
  );
  for (const command of commands) context.out.line(`  ${command}`);
  if (isCheck) return;
  context.out.line(`  curl -H 'Authorization: Bearer ${trial.server.adminToken}' ${trial.server.url}/hosts`);
  context.out.line('Ctrl-C removes all of it.');
}
