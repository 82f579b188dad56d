import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { subjectOf, subjectOptions } from '../remote/role-subject.ts';

export const roleGrant = defineCommand({
  operands: [{ name: 'ROLE', kind: 'role' }],
  options: subjectOptions,
  notes: ['You cannot give a role that may do more than you. guise policy show ROLE tells what a role may do.'],
  examples: [
    { line: 'guise role grant operator --user alice@example.com', why: 'counts from her next request' },
    { line: 'guise role grant viewer --group engineering', why: 'everybody whom the identity provider puts there' },
    { line: 'guise role grant author --token ci', why: 'the token ci, besides what it has' },
  ],
  async run(context, { operands: [role = ''], options }) {
    const subject = subjectOf(options);
    const granted = await openClient(context, { server: options.server, token: undefined }).grantRole({
      body: { role, ...subject },
    });
    if (context.json) printJson(context, granted);
    else context.out.line(`${granted.subject_type} ${granted.subject} has the role ${role}`);
    return 0;
  },
});
