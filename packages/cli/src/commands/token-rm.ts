import { GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const tokenRm = defineCommand({
  operands: [{ name: 'NAME', kind: 'token' }],
  options: serverOptions,
  notes: ['By its name, or by its id where several have one name.'],
  examples: [{ line: 'guise token rm ci', why: 'refused from its next request' }],
  async run(context, { operands: [name = ''], options }) {
    const client = openClient(context, options);
    const tokens = await allPages((query) => client.listTokens({ query }));
    const found = tokens.filter((token) => token.name === name || token.token_id === name);
    const [token] = found;
    if (token === undefined) throw new GuiseError('token_not_found', `Cannot find the token "${name}"`);
    if (found.length > 1) {
      const ids = found.map(({ token_id }) => token_id).join(', ');
      throw new GuiseError('argument_invalid', `Cannot tell which "${name}" is meant; by id there are ${ids}`);
    }
    await client.deleteToken({ params: { token_id: token.token_id } });
    if (context.json) printJson(context, { removed: token });
    else context.out.line(`${token.name} is withdrawn`);
    return 0;
  },
});
