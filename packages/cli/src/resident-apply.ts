/** `guise apply --yes` through the resident agent: what it answered, as the command itself would have printed it. */
import type { Context } from './context.ts';
import { type ExitCode, exitCodeOfStatus } from './exit-code.ts';
import { printJson } from './print-json.ts';
import { shortDigest } from './render/text.ts';
import { type AgentAnswer, agentAnswer } from './resident-agent.ts';

/** Null when the command has to do it itself. */
export async function applyThroughAgent(context: Context): Promise<ExitCode | null> {
  const answer = await agentAnswer();
  if (answer === null) return null;
  if (context.json) printJson(context, answer);
  else await printAnswer(answer, context);
  if (!context.json) {
    for (const { instance, reason } of answer.waiting)
      context.out.line(context.out.style.quiet(`"${instance}" waits: ${reason}`));
  }
  return answer.transaction === null ? 0 : exitCodeOfStatus(answer.transaction.status);
}

/** What shows plans is loaded only when there is something to show. */
async function printAnswer({ plan, transaction }: AgentAnswer, { out }: Context): Promise<void> {
  if (transaction === null) return out.line(out.style.quiet(`nothing to do · plan ${shortDigest(plan.hash)}`));
  const [{ planLines, shownPlanOf }, { outcomeLines }] = await Promise.all([
    import('./render/plan.ts'),
    import('./render/transaction.ts'),
  ]);
  for (const line of planLines(shownPlanOf(plan), () => null, out)) out.line(line);
  for (const line of outcomeLines(transaction, out)) out.line(line);
}
