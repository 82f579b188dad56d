/** Options of the commands that talk to a control plane. */
import type { OptionTable } from '../command.ts';

export const serverOptions = {
  server: {
    type: 'string',
    value: 'URL',
    summary: 'The control plane (default $GUISE_SERVER, else where you logged in, else http://127.0.0.1:7070)',
  },
  token: {
    type: 'string',
    value: 'TOKEN',
    summary: 'Who you are to it (default $GUISE_TOKEN, else your login, else that of a server on this machine)',
  },
} as const satisfies OptionTable;
