import { parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const hostRevoke = defineCommand({
  operands: [{ name: 'HOST', kind: 'host' }],
  options: {
    reason: { type: 'string', value: 'TEXT', summary: 'Why; its agent is told, and the audit keeps it' },
    ...serverOptions,
  },
  notes: [
    'Its connections end at once, and none is let in until the host joins again with a token made for it (guise host token HOST). Nothing on the host changes.',
  ],
  examples: [{ line: 'guise host revoke h1 --reason "its disk was copied"', why: 'h1 is not to be trusted any more' }],
  async run(context, { operands: [text = ''], options }) {
    const params = { host_id: parseHostId(text) };
    const body = options.reason === undefined ? {} : { reason: options.reason };
    await openClient(context, options).revokeHost({ params, body });
    if (context.json) printJson(context, { host_id: params.host_id, identity: 'revoked' });
    else context.out.line(`${params.host_id} is let in no more`);
    return 0;
  },
});
