import { GuiseError, parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const hostRelease = defineCommand({
  operands: [{ name: 'HOST', kind: 'host' }],
  options: {
    reason: { type: 'string', value: 'TEXT', summary: 'What you found' },
    ...serverOptions,
  },
  notes: ['The host goes back to what it did, as it is now. To bring it back to what it was, use guise checkin.'],
  examples: [{ line: 'guise host release h1 --reason "only logs differ"', why: 'h1 works again' }],
  async run(context, { operands: [text = ''], options }) {
    if (options.reason === undefined)
      throw new GuiseError('argument_invalid', 'Cannot release a host without --reason: say what you found');
    const client = openClient(context, options);
    await client.releaseHost({ params: { host_id: parseHostId(text) }, body: { reason: options.reason } });
    if (!context.json) context.out.line(`Released "${text}".`);
    return 0;
  },
});
