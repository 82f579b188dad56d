import type { RequestOf, Routes } from '@guise/api';
import { durationMs, GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

type TokenRequest = RequestOf<Routes['createToken']>['body'];

export const tokenNew = defineCommand({
  operands: [{ name: 'NAME', kind: 'text' }],
  options: {
    role: { type: 'string', multiple: true, value: 'ROLE', summary: 'A role that it has; may be given several times' },
    scope: {
      type: 'string',
      multiple: true,
      value: 'ACTION',
      summary: 'Of what its roles permit only this, such as host:read; may be given several times',
    },
    host: { type: 'string', multiple: true, value: 'HOST', summary: 'Only on this host, and others so named' },
    tag: { type: 'string', multiple: true, value: 'KEY=VALUE', summary: 'Only on hosts with this tag' },
    persona: { type: 'string', multiple: true, value: 'PERSONA', summary: 'Only with this persona' },
    expires: { type: 'string', value: 'DURATION', summary: 'How long it lives, at most 365d (default 90d)' },
    ...serverOptions,
  },
  notes: ['It is told once and kept nowhere. It can never do more than you can, when you make it.'],
  examples: [
    { line: 'guise token new ci --role author --expires 30d', why: 'publishes personas, for a month' },
    {
      line: 'guise token new shop-deploy --role operator --scope host:assign --scope host:read --tag team=shop',
      why: 'gives personas to the hosts of one team and does nothing else',
    },
  ],
  async run(context, { operands: [name = ''], options }) {
    const scope = scopeOf(options);
    const { expires, role: roles } = options;
    const created = await openClient(context, options).createToken({
      body: {
        name,
        roles: [...(roles ?? [])],
        ...(scope === null ? {} : { scope }),
        ...(expires === undefined ? {} : { expires_in_s: secondsOf(expires) }),
      },
    });
    if (context.json) printJson(context, created);
    else {
      context.out.line(created.token);
      const until = created.expires_at === null ? '' : `, until ${created.expires_at}`;
      context.err.line(context.err.style.quiet(`Told this once. It works${until}.`));
    }
    return 0;
  },
});

/** The control plane knows which actions and ids there are, and says so. */
function scopeOf(options: {
  readonly scope: readonly string[] | undefined;
  readonly host: readonly string[] | undefined;
  readonly tag: readonly string[] | undefined;
  readonly persona: readonly string[] | undefined;
}): TokenRequest['scope'] | null {
  const parts = { actions: options.scope, hosts: options.host, tags: options.tag, personas: options.persona };
  const given = Object.entries(parts).filter(([, items]) => items !== undefined && items.length > 0);
  return given.length === 0 ? null : (Object.fromEntries(given) as TokenRequest['scope']);
}

function secondsOf(text: string): number {
  if (!/^\d{1,9}[smhd]$/.test(text)) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot use --expires ${text}: it must be a number and s, m, h or d, such as 30d`,
    );
  }
  return durationMs(text) / 1000;
}
