import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const policyRm = defineCommand({
  operands: [{ name: 'NAME', kind: 'policy' }],
  options: serverOptions,
  notes: [
    'What it permitted is permitted no more, and what it forbade is forbidden no more. The audit keeps its text.',
  ],
  examples: [{ line: 'guise policy rm lab', why: 'removes the policy lab' }],
  async run(context, { operands: [name = ''], options }) {
    await openClient(context, options).deletePolicy({ params: { name } });
    if (context.json) printJson(context, { removed: name });
    else context.out.line(`${name} is removed`);
    return 0;
  },
});
