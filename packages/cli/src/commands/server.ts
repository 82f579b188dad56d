import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { adminTokenFile, placesFor } from '../places.ts';
import { printJson } from '../print-json.ts';
import { untilAborted } from '../until-aborted.ts';

export const server = defineCommand({
  operands: [],
  options: {
    stateDir: {
      type: 'string',
      value: 'DIR',
      summary: 'Where the admin token and the embedded PostgreSQL are (default /var/lib/guise/server)',
    },
    masterKey: {
      type: 'string',
      value: 'FILE',
      summary: 'Encrypts keys and secrets in the database (default master.key in DIR); replicas share one',
    },
    database: { type: 'string', value: 'URL', summary: 'A PostgreSQL of your own (default: an embedded one)' },
    host: {
      type: 'string',
      value: 'ADDRESS',
      summary: 'For people and programs (default 127.0.0.1); any but loopback needs TLS',
    },
    port: { type: 'string', value: 'PORT', summary: 'For people and programs (default 7070)' },
    tlsCert: { type: 'string', value: 'FILE', summary: 'Certificate, PEM' },
    tlsKey: { type: 'string', value: 'FILE', summary: 'Its key, PEM' },
    agentHost: { type: 'string', value: 'ADDRESS', summary: 'For agents, over mutual TLS (default 127.0.0.1)' },
    agentPort: { type: 'string', value: 'PORT', summary: 'For agents (default 7071)' },
  },
  examples: [
    { line: 'guise server', why: 'for a team: everything in one process' },
    {
      line: 'guise server --database postgresql://guise@db/guise --master-key master.key --host 0.0.0.0 --tls-cert c.pem --tls-key k.pem',
      why: 'one of several replicas',
    },
  ],
  async run(context, { options }) {
    const stateDirectory = resolve(context.cwd, options.stateDir ?? placesFor(context.env, context.isRoot).server);
    const { startServer } = await import('@guise/server');
    const interruption = context.interruption();
    const running = await startServer({
      stateDirectory,
      ...(options.database === undefined ? {} : { database: options.database }),
      ...(options.masterKey === undefined ? {} : { masterKeyFile: resolve(context.cwd, options.masterKey) }),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.agentHost === undefined ? {} : { agentHost: options.agentHost }),
      ...portOption('port', options.port),
      ...portOption('agentPort', options.agentPort),
      ...tlsOption(options.tlsCert, options.tlsKey),
      report: (line) => context.err.line(line),
    });
    const tokenFile = join(stateDirectory, adminTokenFile);
    if (context.json) printJson(context, { url: running.url, agent_url: running.agentUrl, token_file: tokenFile });
    else {
      context.out.line(`Control plane: ${running.url}, agents: ${running.agentUrl}`);
      context.out.line(`Token: in ${tokenFile}`);
    }
    await untilAborted(AbortSignal.any([interruption, running.failed]));
    await running.close();
    running.failed.throwIfAborted();
    return 0;
  },
});

function portOption<Name extends string>(name: Name, text: string | undefined): { readonly [N in Name]?: number } {
  if (text === undefined) return {};
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new GuiseError('argument_invalid', `Cannot use ${text} as a port: it must be 0 to 65535`);
  return { [name]: Number(text) } as { [N in Name]: number };
}

function tlsOption(
  cert: string | undefined,
  key: string | undefined,
): { readonly tls?: { readonly cert: string; readonly key: string } } {
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined || key === undefined)
    throw new GuiseError('argument_invalid', 'Cannot use TLS with half of it: give both --tls-cert and --tls-key');
  return { tls: { cert: textOf(cert), key: textOf(key) } };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new GuiseError('argument_invalid', `Cannot read ${path}`, { cause });
  }
}
