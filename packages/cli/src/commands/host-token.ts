import { durationMs, GuiseError, limits, parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const hostToken = defineCommand({
  operands: [{ name: 'HOST', kind: 'host', optional: true }],
  options: {
    tag: { type: 'string', multiple: true, value: 'KEY=VALUE', summary: 'Tag the host when it joins; may be repeated' },
    expires: { type: 'string', value: 'DURATION', summary: 'How long it works, such as 10m (default and most: 15m)' },
    ...serverOptions,
  },
  notes: [
    'With HOST, only that host may use it; a host that is known already needs that, also when its identity is locked or revoked. The token works once. It names the authority of this control plane, and the host tells it to no other.',
  ],
  examples: [
    { line: 'guise host token h4', why: 'a token with which h4 joins' },
    { line: 'guise host token --tag role=web --expires 5m', why: 'for any new host, which becomes a web server' },
  ],
  async run(context, { operands: [text], options }) {
    const body = {
      ...(text === undefined ? {} : { host_id: parseHostId(text) }),
      ...(options.tag.length === 0 ? {} : { tags: Object.fromEntries(options.tag.map(tagOf)) }),
      ...(options.expires === undefined ? {} : { expires_in_s: secondsOf(options.expires) }),
    };
    const answer = await openClient(context, options).createJoinToken({ body });
    if (context.json) printJson(context, answer);
    else {
      context.out.line(answer.join_token);
      context.err.line(context.err.style.quiet(`Works once, until ${answer.expires_at}.`));
    }
    return 0;
  },
});

function tagOf(text: string): readonly [string, string] {
  const [, key, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return [key, value];
  throw new GuiseError('argument_invalid', `Cannot use ${JSON.stringify(text)} as a tag: it must be key=value`);
}

function secondsOf(text: string): number {
  const ms = durationMs(text);
  if (ms >= 1000 && ms <= limits.joinTokenLifeMs) return Math.floor(ms / 1000);
  throw new GuiseError(
    'argument_invalid',
    `Cannot make a token for ${text}: it must work for 1s to ${limits.joinTokenLifeMs / 60_000}m`,
  );
}
