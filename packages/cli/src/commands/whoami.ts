import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const whoami = defineCommand({
  operands: [],
  options: serverOptions,
  examples: [{ line: 'guise whoami', why: 'who the control plane takes you for, and your roles' }],
  async run(context, { options }) {
    const session = await openClient(context, options).getSession();
    if (context.json) printJson(context, session);
    else {
      context.out.line(session.actor);
      const facts = [
        ['roles', session.roles.join(' ') || 'none'],
        ...(session.groups.length === 0 ? [] : [['groups', session.groups.join(' ')]]),
        ...(session.scope === null ? [] : [['limited to', Object.values(session.scope).flat().join(' ')]]),
        ['until', session.expires_at ?? 'withdrawn'],
      ];
      for (const [name = '', value = ''] of facts) context.out.line(`  ${name.padEnd(10)} ${value}`);
    }
    return 0;
  },
});
