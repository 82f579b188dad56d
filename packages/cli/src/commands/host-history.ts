import { parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { historyLines } from '../render/transaction.ts';

export const hostHistory = defineCommand({
  operands: [{ name: 'HOST', kind: 'host' }],
  options: serverOptions,
  examples: [{ line: 'guise host history h1', why: 'every switch of h1, newest first' }],
  async run(context, { operands: [text = ''], options }) {
    const client = openClient(context, options);
    const params = { host_id: parseHostId(text) };
    const transactions = await allPages((query) => client.getHostHistory({ params, query }));
    if (context.json) printJson(context, { transactions });
    else for (const line of historyLines(transactions, context.out)) context.out.line(line);
    return 0;
  },
});
