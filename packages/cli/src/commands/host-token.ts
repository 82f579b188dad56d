import { parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const hostToken = defineCommand({
  operands: [{ name: 'HOST', kind: 'host', optional: true }],
  options: serverOptions,
  notes: [
    'With HOST, only that host may use it; a host that is known already needs that. The token works once, for 15 minutes.',
  ],
  examples: [{ line: 'guise host token h4', why: 'a token with which h4 joins' }],
  async run(context, { operands: [text], options }) {
    const body = text === undefined ? {} : { host_id: parseHostId(text) };
    const answer = await openClient(context, options).createJoinToken({ body });
    if (context.json) printJson(context, answer);
    else {
      context.out.line(answer.join_token);
      context.err.line(context.err.style.quiet(`Works once, until ${answer.expires_at}.`));
    }
    return 0;
  },
});
