/** Prints what became of a switch, as text or JSON, and gives its exit code. */
import type { Outcome, Progress } from '@guise/agent';
import { planReportOf } from '@guise/api/reports';
import { type Plan, shownState } from '@guise/model';
import type { Context } from '../context.ts';
import { type ExitCode, exitCodeOfStatus } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { ContentOf } from '../render/changes.ts';
import { planLines, type ShownPlan } from '../render/plan.ts';
import { ProgressLine } from '../render/progress.ts';
import { outcomeLines } from '../render/transaction.ts';

function shownPlan({ hash, layersBefore, layersAfter, stages, conflicts, warnings }: Plan): ShownPlan {
  const shown = stages.flatMap(({ changes }) =>
    changes.map((change) => ({ ...change, before: shownState(change.before), after: shownState(change.after) })),
  );
  return { hash, layersBefore, layersAfter, conflicts, warnings, changes: shown };
}

export function printPlan(plan: Plan, contentOf: ContentOf, { out }: Context): void {
  for (const line of planLines(shownPlan(plan), contentOf, out)) out.line(line);
}

/** Without `contentOf` the plan was shown before. */
export async function printOutcome(outcome: Outcome, contentOf: ContentOf | null, context: Context): Promise<ExitCode> {
  const transaction = outcome.type === 'unchanged' ? null : outcome.transaction;
  if (context.json) {
    printJson(context, { outcome: outcome.type, plan: planReportOf(outcome.plan), transaction });
  } else {
    if (contentOf !== null) printPlan(outcome.plan, contentOf, context);
    if (transaction !== null) for (const line of outcomeLines(transaction, context.out)) context.out.line(line);
  }
  return transaction === null ? 0 : exitCodeOfStatus(transaction.status);
}

/** Runs a switch with its phases shown on standard error, a terminal only: a script wants the outcome. */
export async function withProgress<Value>(
  { err, json }: Context,
  work: (tell: (progress: Progress) => void) => Promise<Value>,
): Promise<Value> {
  const line = new ProgressLine(err);
  const isShown = err.isTty && !json;
  try {
    return await work(({ phase, detail }) => {
      if (isShown) line.show(`${phase}: ${detail}`);
    });
  } finally {
    line.clear();
  }
}
