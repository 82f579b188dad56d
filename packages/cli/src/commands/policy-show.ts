import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const policyShow = defineCommand({
  operands: [{ name: 'NAME', kind: 'policy' }],
  options: serverOptions,
  notes: ['`schema` is what policies may speak of.'],
  examples: [
    { line: 'guise policy show operator', why: 'what an operator may do, in Cedar’s language' },
    { line: 'guise policy show schema', why: 'every action, and on what it can be done' },
  ],
  async run(context, { operands: [name = ''], options }) {
    const policy = await openClient(context, options).getPolicy({ params: { name } });
    if (context.json) printJson(context, policy);
    else context.out.write(policy.text.endsWith('\n') ? policy.text : `${policy.text}\n`);
    return 0;
  },
});
