import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GuiseError } from '@guise/model';
import type { ServerOptions } from '@guise/server';
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
    database: { type: 'string', value: 'URL', summary: 'A PostgreSQL of your own (default: an embedded one)' },
    host: {
      type: 'string',
      value: 'ADDRESS',
      summary: 'For people and programs (default 127.0.0.1); any but loopback needs TLS',
    },
    port: { type: 'string', value: 'PORT', summary: 'For people and programs (default 7070)' },
    tlsCert: { type: 'string', value: 'FILE', summary: 'Certificate, PEM' },
    tlsKey: { type: 'string', value: 'FILE', summary: 'Its key, PEM' },
    agentHost: { type: 'string', value: 'ADDRESS', summary: 'For agents (default 127.0.0.1)' },
    agentPort: { type: 'string', value: 'PORT', summary: 'For agents (default 7071)' },
    publicUrl: {
      type: 'string',
      value: 'URL',
      summary: 'Where browsers reach it, for logins (default: where it listens)',
    },
    oidcIssuer: { type: 'string', value: 'URL', summary: 'The identity provider that people log in with' },
    oidcClientId: { type: 'string', value: 'ID', summary: 'What this control plane is called there' },
    oidcClientSecretFile: { type: 'string', value: 'FILE', summary: 'Its secret there, when it has one' },
    oidcGroupsClaim: {
      type: 'string',
      value: 'CLAIM',
      summary: 'Where the provider says in which groups somebody is (default groups)',
    },
    allowOutbound: {
      type: 'string',
      multiple: true,
      value: 'CIDR',
      summary:
        'A network that is not public and yet may be connected to, such as 10.1.0.0/16; may be given several times',
    },
    labNetwork: {
      type: 'boolean',
      summary: 'The agents’ address is on a lab’s own bridge, where connections need no encryption',
    },
  },
  examples: [
    { line: 'guise server', why: 'for a team: everything in one process' },
    {
      line: 'guise server --database postgresql://guise@db/guise --host 0.0.0.0 --tls-cert c.pem --tls-key k.pem',
      why: 'one of several replicas',
    },
    {
      line: 'guise server --oidc-issuer https://login.example.com --oidc-client-id guise',
      why: 'people log in; tell the provider to send them back to <URL>/auth/callback',
    },
  ],
  async run(context, { options }) {
    const stateDirectory = resolve(context.cwd, options.stateDir ?? placesFor(context.env, context.isRoot).server);
    const { startServer } = await import('@guise/server');
    const interruption = context.interruption();
    const running = await startServer({
      stateDirectory,
      ...(options.database === undefined ? {} : { database: options.database }),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.agentHost === undefined ? {} : { agentHost: options.agentHost }),
      ...portOption('port', options.port),
      ...portOption('agentPort', options.agentPort),
      ...tlsOption(options.tlsCert, options.tlsKey),
      ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
      ...oidcOption(options),
      allowOutbound: options.allowOutbound ?? [],
      insecureAgentNetwork: options.labNetwork,
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

function oidcOption(options: {
  readonly oidcIssuer: string | undefined;
  readonly oidcClientId: string | undefined;
  readonly oidcClientSecretFile: string | undefined;
  readonly oidcGroupsClaim: string | undefined;
}): Pick<ServerOptions, 'oidc'> {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcClientSecretFile, oidcGroupsClaim } = options;
  if (issuer === undefined && clientId === undefined) return {};
  if (issuer === undefined || clientId === undefined) {
    throw new GuiseError(
      'argument_invalid',
      'Cannot use half of an identity provider: give both --oidc-issuer and --oidc-client-id',
    );
  }
  return {
    oidc: {
      issuer,
      clientId,
      ...(oidcClientSecretFile === undefined ? {} : { clientSecretFile: oidcClientSecretFile }),
      ...(oidcGroupsClaim === undefined ? {} : { groupsClaim: oidcGroupsClaim }),
    },
  };
}

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
