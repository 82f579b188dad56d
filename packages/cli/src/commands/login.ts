import { createHash, randomBytes } from 'node:crypto';
import { client } from '@guise/api';
import { GuiseError, limits } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openLoginDoor } from '../remote/await-login.ts';
import { fetchInTime, serverUrl } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { writeSession } from '../remote/session-file.ts';

export const login = defineCommand({
  operands: [],
  options: { server: serverOptions.server },
  notes: [
    'Prints an address to open in a browser on this machine, where your identity provider asks who you are. The session lasts eight hours; later commands use it, and that control plane.',
  ],
  examples: [{ line: 'guise login --server https://guise.example.com', why: 'then guise whoami tells who you are' }],
  async run(context, { options }) {
    const server = serverUrl(context, options);
    requireSafe(server);
    const [state, verifier] = [secret(), secret()];
    const door = await openLoginDoor(state);
    try {
      const query = new URLSearchParams({
        redirect_uri: door.redirectUri,
        state,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      });
      context.err.line('Open this in a browser on this machine:');
      context.err.line(`${server}/auth/login?${query.toString()}`);
      const code = await door.code;
      const anonymous = client({ baseUrl: server, token: 'none', fetch: fetchInTime(limits.askTimeoutMs * 2) });
      const session = { server, ...(await anonymous.createSession({ body: { code, code_verifier: verifier } })) };
      const file = writeSession(context, session);
      if (context.json) printJson(context, { server, actor: session.actor, expires_at: session.expires_at, file });
      else context.out.line(`You are ${session.actor} at ${server}, until ${session.expires_at}`);
      return 0;
    } finally {
      door.close();
    }
  },
});

/** What would be sent is as good as a password. */
function requireSafe(server: string): void {
  const { protocol, hostname } = URL.canParse(server) ? new URL(server) : { protocol: '', hostname: '' };
  if (protocol === 'https:') return;
  if (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) return;
  throw new GuiseError('argument_invalid', `Cannot log in at ${server}: it must be https, or on this machine`);
}

/** 256 bits. */
function secret(): string {
  return randomBytes(32).toString('base64url');
}
