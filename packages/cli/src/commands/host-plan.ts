import { parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { planLines, shownPlanOf } from '../render/plan.ts';

export const hostPlan = defineCommand({
  operands: [{ name: 'HOST', kind: 'host' }],
  options: serverOptions,
  examples: [{ line: 'guise host plan h1', why: 'what h1 would change to become what it is assigned' }],
  async run(context, { operands: [text = ''], options }) {
    const plan = await openClient(context, options).getHostPlan({ params: { host_id: parseHostId(text) } });
    if (context.json) {
      printJson(context, plan);
      return 0;
    }
    // Content of files stays on the host, so a remote plan tells that it changes, not how.
    for (const line of planLines(shownPlanOf(plan), () => null, context.out)) context.out.line(line);
    return 0;
  },
});
