import { parseAddress, type WhyReport } from '@guise/model';
import { defineCommand } from '../command.ts';
import { askAgent } from '../local/ask-agent.ts';
import { hostOptions } from '../local/local-options.ts';
import { withEngine } from '../local/with-engine.ts';
import { printJson } from '../print-json.ts';
import { whyLines } from '../render/why.ts';

export const why = defineCommand({
  operands: [{ name: 'ADDRESS', kind: 'address' }],
  options: hostOptions,
  notes: [
    'An address is kind:name. Tells who decides each field, who wanted something else, and what would be without each persona; where an',
    'agent runs, also why each of them is active: the trigger with the values it fired on, or whose hold.',
  ],
  examples: [
    { line: 'guise why sysctl:net.core.somaxconn', why: 'who set it, and what it was before' },
    { line: 'guise why file:/etc/nginx/nginx.conf', why: 'which personas have a say in this file' },
  ],
  async run(context, { operands: [text = ''], options }) {
    const address = parseAddress(text);
    return withEngine(context, options, async (engine) => {
      const asked = await askAgent<WhyReport>(`/why?address=${encodeURIComponent(address)}`, options);
      const report = asked ?? (await engine.why(address));
      if (context.json) printJson(context, report);
      else for (const line of whyLines(report, context.out)) context.out.line(line);
      return 0;
    });
  },
});
