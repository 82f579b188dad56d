import { defineCommand } from '../command.ts';
import { policyNameOf, readText } from '../local/read-text.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const policyValidate = defineCommand({
  operands: [{ name: 'FILE', kind: 'file', repeated: true }],
  options: serverOptions,
  notes: ['The control plane checks it, so that it is checked by what will go by it. Nothing is set.'],
  examples: [{ line: 'guise policy validate lab.cedar', why: 'every problem with line and column' }],
  async run(context, { operands, options }) {
    const client = openClient(context, options);
    const valid = [];
    for (const file of operands) {
      const name = policyNameOf(file);
      const { policies } = await client.checkPolicy({ params: { name }, body: { text: readText(context, file) } });
      valid.push({ file, policies });
      if (!context.json) context.out.line(`${file}: valid, ${policies} ${policies === 1 ? 'rule' : 'rules'}`);
    }
    if (context.json) printJson(context, { valid });
    return 0;
  },
});
