/** Values of operands: persona files of a folder, hosts, personas and the like that the control plane knows, kinds of addresses. */
import { readdirSync } from 'node:fs';
import { kinds } from '@guise/model';
import type { OperandKind } from '../command.ts';
import type { Context } from '../context.ts';
import type { Candidate } from './complete-words.ts';

/** A person waits for this with a finger on the key. */
const askMs = 300;
const offeredMax = 200;
const personaFile = /\.(ya?ml|json)$/;

export async function valuesOfKind(
  kind: OperandKind,
  current: string,
  context: Pick<Context, 'env' | 'isRoot'>,
): Promise<readonly Candidate[]> {
  switch (kind) {
    case 'persona_file':
      return filesNamed(personaFile, current);
    case 'key_file':
      return filesNamed(/\.(key|pub|pem)$/, current);
    case 'file':
      return filesNamed(/./, current);
    case 'host':
      return (await hosts(context)).map(bare);
    case 'secret':
      return (await secrets(context)).map(bare);
    case 'persona':
      return [...(await personas(context)).map(bare), ...filesNamed(personaFile, current)];
    case 'address':
      return kinds.map((each) => bare(`${each}:`));
    case 'policy':
      return (await policies(context)).map(bare);
    case 'role':
      return (await roles(context)).map(bare);
    case 'token':
      return (await tokens(context)).map(bare);
    case 'checkout':
      return checkouts(context);
    case 'traffic':
      return (await traffic(context)).map(bare);
    case 'pool':
      return (await pools(context)).map(bare);
    case 'webhook':
      return (await webhooks(context)).map(bare);
    case 'text':
      return [];
  }
}

function bare(value: string): Candidate {
  return { value, summary: '' };
}

/** Folders end with a slash, so that the next tab goes into them. */
function filesNamed(pattern: RegExp, current: string): readonly Candidate[] {
  const folder = current.slice(0, current.lastIndexOf('/') + 1);
  try {
    return readdirSync(folder === '' ? '.' : folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || pattern.test(entry.name))
      .filter(({ name }) => !name.startsWith('.') || current.slice(folder.length).startsWith('.'))
      .slice(0, offeredMax)
      .map((entry) => bare(`${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`));
  } catch {
    return [];
  }
}

async function hosts(context: Pick<Context, 'env' | 'isRoot'>): Promise<readonly string[]> {
  return asked(context, async (client, signal) => {
    const { items } = await client.listHosts({ query: { limit: offeredMax } }, { signal });
    return items.map(({ host_id }) => host_id);
  });
}

async function personas(context: Pick<Context, 'env' | 'isRoot'>): Promise<readonly string[]> {
  return asked(context, async (client, signal) => {
    const { items } = await client.listPersonas({ query: { limit: offeredMax } }, { signal });
    return items.map(({ persona_id }) => persona_id);
  });
}

async function secrets(context: Pick<Context, 'env' | 'isRoot'>): Promise<readonly string[]> {
  return asked(context, async (client, signal) => {
    const { items } = await client.listSecrets({ query: { limit: offeredMax } }, { signal });
    return items.map(({ name }) => name);
  });
}

async function pools(context: Pick<Context, 'env' | 'isRoot'>): Promise<readonly string[]> {
  return asked(context, async (client, signal) => {
    const { items } = await client.listPools({ query: { limit: offeredMax } }, { signal });
    return items.map(({ pool_id }) => pool_id);
  });
}

async function policies(context: Pick<Context, 'env' | 'isRoot'>): Promise<readonly string[]> {
  return asked(context, async (client, signal) => {
    const { items } = await client.listPolicies({}, { signal });
    return items.map(({ name }) => name);
  });
}

async function roles(context: Pick<Context, 'env' | 'isRoot'>): Promise<readonly string[]> {
  return asked(context, async (client, signal) => (await client.listRoles({ query: { limit: 1 } }, { signal })).roles);
}

async function checkouts(context: Pick<Context, 'env' | 'isRoot'>): Promise<readonly Candidate[]> {
  return asked(context, async (client, signal) => {
    const { items } = await client.listCheckouts({ query: { limit: offeredMax } }, { signal });
    return items.map((each) => ({
      value: each.checkout_id,
      summary: `${each.host_id ?? 'no host yet'}, ${each.state}`,
    }));
  });
}

async function tokens(context: Pick<Context, 'env' | 'isRoot'>): Promise<readonly string[]> {
  return asked(context, async (client, signal) => {
    const { items } = await client.listTokens({ query: { limit: offeredMax } }, { signal });
    return items.map(({ name }) => name);
  });
}

async function traffic(context: Pick<Context, 'env' | 'isRoot'>): Promise<readonly string[]> {
  return asked(context, async (client, signal) => {
    const { items } = await client.listTraffic({}, { signal });
    return items.map(({ name }) => name);
  });
}

async function webhooks(context: Pick<Context, 'env' | 'isRoot'>): Promise<readonly string[]> {
  return asked(context, async (client, signal) => {
    const { items } = await client.listWebhooks({}, { signal });
    return items.map(({ webhook_id }) => webhook_id);
  });
}

type Client = import('@guise/api').Client;

/** Empty when there is no control plane, no token or no answer in time. */
async function asked<Value>(
  context: Pick<Context, 'env' | 'isRoot'>,
  ask: (client: Client, signal: AbortSignal) => Promise<readonly Value[]>,
): Promise<readonly Value[]> {
  try {
    const { openClient } = await import('../remote/open-client.ts');
    return await ask(openClient(context, { server: undefined, token: undefined }), AbortSignal.timeout(askMs));
  } catch {
    return [];
  }
}
