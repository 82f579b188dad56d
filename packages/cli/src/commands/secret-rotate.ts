import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { secretValue, secretValueOptions, versionFrom } from '../remote/secret-value.ts';
import { serverOptions } from '../remote/server-options.ts';

export const secretRotate = defineCommand({
  operands: [{ name: 'NAME', kind: 'secret' }],
  options: {
    random: { type: 'string', value: 'BYTES', summary: 'A new value of so many random bytes, as base64url text' },
    ...secretValueOptions,
    ...serverOptions,
  },
  notes: [
    'The secret must exist. Every host whose personas name it gets the new version, rewrites the files that have it and reloads what says so in reload_on.',
  ],
  examples: [
    { line: 'guise secret rotate db-password --random 32', why: 'nobody ever sees the value' },
    { line: 'guise secret rotate web-tls --from-file tls.key', why: 'a renewed key' },
  ],
  async run(context, { operands: [name = ''], options: { random, fromFile, valueFromStdin, version, ...server } }) {
    const client = openClient(context, server);
    const value = await secretValue(context, name, { fromFile, valueFromStdin, random });
    const body = { value: value.toString('base64'), existing: true, ...versionFrom(version) };
    const written = await client.putSecret({ params: { name }, body });
    if (context.json) printJson(context, written);
    else context.out.line(`${written.name} is now version ${written.version}`);
    return 0;
  },
});
