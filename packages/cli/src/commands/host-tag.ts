import { GuiseError, parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const hostTag = defineCommand({
  operands: [
    { name: 'HOST', kind: 'host' },
    { name: 'CHANGE', kind: 'text', optional: true, repeated: true },
  ],
  options: serverOptions,
  notes: ['CHANGE is key=value to set a tag or key- to remove it; the other tags stay. Without CHANGE: show the tags.'],
  examples: [{ line: 'guise host tag h1 role=web env-', why: 'set role, remove env' }],
  async run(context, { operands: [text = '', ...changes], options }) {
    const client = openClient(context, options);
    const params = { host_id: parseHostId(text) };
    const { tags: before } = await client.getHost({ params });
    const tags =
      changes.length === 0
        ? before
        : (await client.putHostTags({ params, body: { tags: changed(before, changes) } })).tags;
    if (context.json) printJson(context, { tags });
    else for (const [key, value] of Object.entries(tags)) context.out.line(`${key}=${value}`);
    return 0;
  },
});

function changed(before: { readonly [key: string]: string }, changes: readonly string[]): { [key: string]: string } {
  const tags = { ...before };
  for (const change of changes) {
    const [, key = '', value] = /^([^=]+)=(.*)$/.exec(change) ?? /^(.+)-$/.exec(change) ?? [];
    if (key === '')
      throw new GuiseError('argument_invalid', `Cannot use ${JSON.stringify(change)}: it must be key=value or key-`);
    if (value === undefined) delete tags[key];
    else tags[key] = value;
  }
  return tags;
}
