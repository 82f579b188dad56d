import { durationMs, GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { firstItems } from '../remote/first-items.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { auditLines } from '../render/audit.ts';

const limitDefault = '50';

export const auditLs = defineCommand({
  operands: [],
  options: {
    actor: { type: 'string', value: 'ACTOR', summary: 'Only what this one did, such as alice or host/h1' },
    action: { type: 'string', value: 'ACTION', summary: 'Only such actions, as host:assign or host:transaction' },
    resource: {
      type: 'string',
      value: 'RESOURCE',
      summary: 'Only what was done to this, such as host/h1 or persona/web',
    },
    since: { type: 'string', value: 'TIME', summary: 'Only from then on: 2h, 7d, or 2026-11-25T10:00:00Z' },
    limit: { type: 'string', value: 'NUMBER', summary: `At most so many, the newest (default ${limitDefault})` },
    ...serverOptions,
  },
  examples: [
    { line: 'guise audit ls --resource host/h1 --since 2h', why: 'what happened to h1 in the last two hours, and why' },
    { line: 'guise audit ls --actor alice --json', why: 'what alice did, with every detail' },
  ],
  async run(context, { options: { actor, action, resource, since, limit, ...server } }) {
    const client = openClient(context, server);
    const filter = {
      ...(actor === undefined ? {} : { actor }),
      ...(action === undefined ? {} : { action }),
      ...(resource === undefined ? {} : { resource }),
      ...(since === undefined ? {} : { since: instantOf(since) }),
    };
    const entries = await firstItems(numberOf(limit ?? limitDefault), (page) =>
      client.listAudit({ query: { ...page, ...filter } }),
    );
    if (context.json) printJson(context, { entries });
    else for (const line of auditLines(entries, context.out)) context.out.line(line);
    return 0;
  },
});

function numberOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new GuiseError('argument_invalid', `Cannot use --limit ${JSON.stringify(text)}: it must be 1 to 999999`);
}

/** So long ago, or that instant. */
function instantOf(text: string): string {
  const ms = /^\d+(ms|s|m|h|d)$/.test(text) ? Date.now() - durationMs(text) : Date.parse(text);
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new GuiseError(
    'argument_invalid',
    `Cannot use --since ${JSON.stringify(text)}: it must be a duration such as 2h, or a time such as 2026-11-25T10:00:00Z`,
  );
}
