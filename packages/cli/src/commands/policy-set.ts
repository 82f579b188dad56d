import { defineCommand } from '../command.ts';
import { policyNameOf, readText } from '../local/read-text.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const policySet = defineCommand({
  operands: [{ name: 'FILE', kind: 'file' }],
  options: {
    name: { type: 'string', value: 'NAME', summary: 'What it is called (default: the file’s name)' },
    ...serverOptions,
  },
  notes: [
    'Counts at once, for every process of the control plane. You cannot permit what you may not do yourself, nor shut yourself out.',
  ],
  examples: [{ line: 'guise policy set lab.cedar', why: 'sets or replaces the policy lab' }],
  async run(context, { operands: [file = ''], options: { name = policyNameOf(file), ...options } }) {
    const policy = await openClient(context, options).putPolicy({
      params: { name },
      body: { text: readText(context, file) },
    });
    if (context.json) printJson(context, policy);
    else context.out.line(`${policy.name} is set, version ${policy.version}`);
    return 0;
  },
});
