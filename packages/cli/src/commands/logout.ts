import { GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { readSession, removeSession } from '../remote/session-file.ts';

export const logout = defineCommand({
  operands: [],
  options: {},
  notes: ['The control plane refuses the session from now on, and this machine forgets it.'],
  examples: [{ line: 'guise logout', why: 'ends what guise login began' }],
  async run(context) {
    const session = readSession(context);
    if (session !== null) {
      const { server, token } = session;
      try {
        await openClient(context, { server, token }).deleteSession();
      } catch (error) {
        // Ended already is ended; anything else leaves a session that somebody could use, so it is said.
        if (!(error instanceof GuiseError && error.kind === 'unauthenticated')) throw error;
      }
    }
    removeSession(context);
    if (context.json) printJson(context, { logged_out: session?.actor ?? null });
    else context.out.line(session === null ? 'Nobody was logged in' : `${session.actor} is logged out`);
    return 0;
  },
});
