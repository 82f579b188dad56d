import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { awaitActivation } from '../remote/await-activation.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { activationLine } from '../render/activation.ts';

export const deactivate = defineCommand({
  operands: [{ name: 'ID', kind: 'text' }],
  options: { wait: { type: 'boolean', summary: 'Wait until its host is as it was before' }, ...serverOptions },
  notes: ['ID is that of the activation, as guise activate and guise pool show tell it. Others on the host stay.'],
  examples: [
    { line: 'guise deactivate 0b6c6a9e-8f6e-4c38-9c38-0f3f6f0a8d11 --wait', why: 'its host is idle when this ends' },
  ],
  async run(context, { operands: [activation_id = ''], options: { wait, ...options } }) {
    const client = openClient(context, options);
    const asked = await client.deleteActivation({ params: { activation_id } });
    const activation = wait ? await awaitActivation(context, client, asked) : asked;
    if (context.json) printJson(context, activation);
    else context.out.line(activationLine(activation));
    return 0;
  },
});
