import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GuiseError } from '@guise/model';
import type { ServerOptions } from '@guise/server';
import { defineCommand, flagOf } from '../command.ts';
import type { Context } from '../context.ts';
import { adminTokenFile, placesFor } from '../places.ts';
import { printJson } from '../print-json.ts';
import { untilAborted } from '../until-aborted.ts';

export const server = defineCommand({
  operands: [],
  options: {
    stateDir: {
      type: 'string',
      value: 'DIR',
      summary: 'Where the admin token and the embedded PostgreSQL are (default /var/lib/guise-server)',
    },
    masterKey: {
      type: 'string',
      value: 'FILE',
      summary: 'Encrypts keys and secrets in the database (default master.key in DIR); replicas share one',
    },
    database: { type: 'string', value: 'URL', summary: 'A PostgreSQL of your own (default: an embedded one)' },
    root: {
      type: 'string',
      value: 'FILE',
      kind: 'file',
      summary: 'The trust root of your authors (default: what it served before, or a development root of its own)',
    },
    environment: {
      type: 'string',
      value: 'NAME',
      summary: 'With --root, the environment that it serves (default production)',
    },
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
    labProvider: {
      type: 'string',
      value: 'SOCKET',
      kind: 'file',
      summary: 'Where guise lab provide listens: lab hosts can then be lent and go back',
    },
    libvirt: {
      type: 'string',
      value: 'URI',
      summary: 'A hypervisor as virsh names it, such as qemu:///system: its machines can be resized and switched',
    },
    allowOutbound: {
      type: 'string',
      multiple: true,
      value: 'CIDR',
      summary:
        'A network that is not public and yet may be connected to, such as 10.1.0.0/16; may be given several times',
    },
    trafficSockets: {
      type: 'string',
      multiple: true,
      value: 'DIR',
      summary: 'A directory whose Unix sockets may be connected to, such as /run/haproxy; may be given several times',
    },
    user: {
      type: 'string',
      value: 'ACCOUNT',
      summary: 'Whom it runs as when root starts it (default guise-server, which is made)',
    },
    untilInputEnds: {
      type: 'boolean',
      summary: 'End when standard input ends, as it does with the process that started it',
    },
  },
  notes: [
    'Started by root it becomes an account without rights before it opens anything, and its state directory is given to that account.',
  ],
  examples: [
    { line: 'guise server', why: 'for a team: everything in one process' },
    { line: 'guise server --root root.json', why: 'hosts take what your authors signed, and nothing else' },
    {
      line: 'guise server --database postgresql://guise@db/guise --master-key master.key --host 0.0.0.0 --tls-cert c.pem --tls-key k.pem',
      why: 'one of several replicas',
    },
    {
      line: 'guise server --oidc-issuer https://login.example.com --oidc-client-id guise',
      why: 'people log in; tell the provider to send them back to <URL>/auth/callback',
    },
  ],
  async run(context, { options }) {
    const stateDirectory = resolve(context.cwd, options.stateDir ?? placesFor(context.env, context.isRoot).server);
    if (context.isRoot) return giveUpRoot(context, stateDirectory, options);
    if (options.user !== undefined) {
      throw new GuiseError('not_permitted', `Cannot run as "${options.user}": only root may choose an account`);
    }
    process.umask(0o077);
    const { labProviders, libvirtProviders, startServer } = await import('@guise/server');
    const interruption = options.untilInputEnds
      ? AbortSignal.any([context.interruption(), endOf(process.stdin)])
      : context.interruption();
    const running = await startServer({
      stateDirectory,
      ...(options.database === undefined ? {} : { database: options.database }),
      ...trustOption(context.cwd, options.root, options.environment),
      ...(options.masterKey === undefined ? {} : { masterKeyFile: resolve(context.cwd, options.masterKey) }),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.agentHost === undefined ? {} : { agentHost: options.agentHost }),
      ...portOption('port', options.port),
      ...portOption('agentPort', options.agentPort),
      ...tlsOption(options.tlsCert, options.tlsKey),
      ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
      ...oidcOption(options),
      providers: new Map([
        ...(options.labProvider === undefined ? [] : labProviders(resolve(context.cwd, options.labProvider))),
        ...(options.libvirt === undefined ? [] : libvirtProviders(options.libvirt)),
      ]),
      allowOutbound: options.allowOutbound ?? [],
      trafficSockets: (options.trafficSockets ?? []).map((directory) => resolve(context.cwd, directory)),
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

/** Does not come back: the process goes on as the account, with the same arguments but for where its state is. */
async function giveUpRoot(
  context: Context,
  stateDirectory: string,
  { user, ...options }: Readonly<Record<string, boolean | string | readonly string[] | undefined>>,
): Promise<never> {
  const [{ serverAccount }, { handOver }, { becomeServerAccount }] = await Promise.all([
    import('../unprivileged/server-account.ts'),
    import('../unprivileged/hand-over.ts'),
    import('../unprivileged/become-server-account.ts'),
  ]);
  const account = serverAccount(typeof user === 'string' ? user : undefined);
  await handOver(stateDirectory, account);
  // Which may have to be made executable, and then only root can.
  if (options['database'] === undefined) await (await import('@guise/server/postgres-programs')).postgresPrograms();
  const argv = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || value === false || name === 'stateDir') return [];
    return value === true ? [flagOf(name)] : [value].flat().map((text) => `${flagOf(name)}=${text}`);
  });
  return becomeServerAccount({
    account,
    argv: ['server', `--state-dir=${stateDirectory}`, ...argv, ...(context.json ? ['--json'] : [])],
    env: context.env,
    report: (line) => context.err.line(line),
  });
}

function endOf(stream: NodeJS.ReadStream): AbortSignal {
  const ended = new AbortController();
  for (const event of ['end', 'close', 'error'] as const) stream.once(event, () => ended.abort());
  stream.resume();
  return ended.signal;
}

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

function trustOption(
  cwd: string,
  root: string | undefined,
  environment: string | undefined,
): { readonly trust?: { readonly rootFile: string; readonly environment?: string } } {
  if (root === undefined && environment === undefined) return {};
  if (root === undefined)
    throw new GuiseError('argument_invalid', 'Cannot serve an environment without a trust root: give --root too');
  return { trust: { rootFile: resolve(cwd, root), ...(environment === undefined ? {} : { environment }) } };
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
    const isClosed = cause instanceof Error && 'code' in cause && cause.code === 'EACCES';
    const why = isClosed ? ': the account that the control plane runs as may not' : '';
    throw new GuiseError('argument_invalid', `Cannot read ${path}${why}`, { cause });
  }
}
