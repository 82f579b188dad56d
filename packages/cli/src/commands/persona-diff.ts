import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { printJson } from '../print-json.ts';
import type { ServerOptions } from '../remote/open-client.ts';
import { personaAt } from '../remote/persona-at.ts';
import { serverOptions } from '../remote/server-options.ts';
import { documentText } from '../render/document.ts';
import { lineDiff } from '../render/line-diff.ts';

export const personaDiff = defineCommand({
  operands: [
    { name: 'OLD', kind: 'persona' },
    { name: 'NEW', kind: 'persona' },
  ],
  options: serverOptions,
  notes: [
    'Each is a FILE, or PERSONA[@VERSION] at the control plane. Parents are compared as well; order of keys does not matter.',
  ],
  examples: [
    { line: 'guise persona diff web@3 web', why: 'what changed since version 3' },
    { line: 'guise persona diff web personas/web.yaml', why: 'what publishing the file would change' },
  ],
  async run(context, { operands: [oldText = '', newText = ''], options }) {
    const [before, after] = await Promise.all([textOf(oldText, context, options), textOf(newText, context, options)]);
    const lines = lineDiff(before, after);
    const { out } = context;
    if (context.json) printJson(context, { lines });
    else if (lines.length === 0) out.line('No difference.');
    for (const { sign, text } of context.json ? [] : lines) {
      const line = `${sign} ${text}`.trimEnd();
      out.line(sign === '+' ? out.style.added(line) : sign === '-' ? out.style.removed(line) : out.style.quiet(line));
    }
    return 0;
  },
});

/** Ancestors first, because that is the order in which they count. */
async function textOf(text: string, context: Context, options: ServerOptions): Promise<string> {
  const { ancestors, own } = await personaAt(text, context, options);
  return [...ancestors, own].map(({ document }) => documentText(document)).join('---\n');
}
