import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { subjectOf, subjectOptions } from '../remote/role-subject.ts';

export const roleRevoke = defineCommand({
  operands: [{ name: 'ROLE', kind: 'role' }],
  options: subjectOptions,
  examples: [{ line: 'guise role revoke operator --user alice@example.com', why: 'counts from her next request' }],
  async run(context, { operands: [role = ''], options }) {
    const subject = subjectOf(options);
    await openClient(context, { server: options.server, token: undefined }).revokeRole({ body: { role, ...subject } });
    if (context.json) printJson(context, { revoked: { role, ...subject } });
    else context.out.line(`${subject.subject_type} ${subject.subject} has no longer the role ${role}`);
    return 0;
  },
});
