import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { secretValue, secretValueOptions, versionFrom } from '../remote/secret-value.ts';
import { serverOptions } from '../remote/server-options.ts';

export const secretSet = defineCommand({
  operands: [{ name: 'NAME', kind: 'secret' }],
  options: { ...secretValueOptions, ...serverOptions },
  notes: [
    'The value comes from a file, from standard input, or is asked for and not shown; it is never an argument, which every process of this machine could read. Personas name it as {{ secret.NAME }} in the content of files, or in security_profile.encryption_keys.',
  ],
  examples: [
    { line: 'guise secret set db-password', why: 'asks for the value' },
    { line: 'guise secret set web-tls --from-file tls.key', why: 'a key, byte for byte' },
    { line: 'pass show db | guise secret set db-password', why: 'from another program' },
  ],
  async run(context, { operands: [name = ''], options: { fromFile, valueFromStdin, version, ...server } }) {
    const client = openClient(context, server);
    const value = await secretValue(context, name, { fromFile, valueFromStdin });
    const body = { value: value.toString('base64'), ...versionFrom(version) };
    const written = await client.putSecret({ params: { name }, body });
    if (context.json) printJson(context, written);
    else context.out.line(`${written.name} is now version ${written.version}`);
    return 0;
  },
});
