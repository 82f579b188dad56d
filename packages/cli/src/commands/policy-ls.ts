import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { table } from '../render/table.ts';

export const policyLs = defineCommand({
  operands: [],
  options: serverOptions,
  examples: [{ line: 'guise policy ls', why: 'the policies that guise brings, and those that somebody set' }],
  async run(context, { options }) {
    const { items } = await openClient(context, options).listPolicies();
    if (context.json) printJson(context, { policies: items });
    else {
      const rows = items.map((policy) => [
        policy.name,
        policy.built_in ? 'built in' : String(policy.version),
        policy.updated_by ?? '',
        policy.updated_at ?? '',
      ]);
      for (const line of table(['policy', 'version', 'set by', 'at'], rows, context.out)) context.out.line(line);
    }
    return 0;
  },
});
