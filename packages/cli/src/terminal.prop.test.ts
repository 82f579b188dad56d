import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { GuiseError } from '@guise/model';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { errorLines } from './render/error.ts';
import { table } from './render/table.ts';
import { openTerminal } from './terminal.ts';

/** Whatever acts on a terminal: C0, C1, DEL, and what turns text around. */
const acting = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u;
/** What the styles make. */
const styled = new RegExp(`${'\u001b'}\\[(1|22|2|31|39|32|33|36)m`, 'g');
const attacks = [
  '\u001b]0;title\u0007',
  '\u001b[2J\u001b[H',
  '\u001b[8mhidden',
  '\u009b31m',
  '\r\u001b[2K$ all is well',
  '\u202egnp.exe',
  '\u001bP+q\u001b\\',
  '\b\b\b\b',
  '\u0085next',
];

function written(color: boolean, say: (terminal: ReturnType<typeof openTerminal>) => void): string {
  const stream = new PassThrough();
  say(openTerminal(stream as unknown as WriteStream, color ? { FORCE_COLOR: '1' } : {}));
  return String(stream.read() ?? '');
}

it.each(attacks)('%j from a document, a host or an error does not act on the terminal', (attack) => {
  for (const color of [true, false]) {
    const text = written(color, (terminal) => {
      terminal.line(attack);
      for (const line of table(['name'], [[attack]], terminal)) terminal.line(line);
      const error = new GuiseError('change_failed', attack);
      for (const line of errorLines(error, terminal.style, { showStack: true })) terminal.line(line);
      for (const line of errorLines(new Error(attack), terminal.style, { showStack: true })) terminal.line(line);
    });
    expect(text.replaceAll(color ? styled : '', '')).not.toMatch(acting);
  }
});

it('any text ends as text, and JSON stays the same JSON', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      expect(written(false, (terminal) => terminal.line(value)).slice(0, -1)).not.toMatch(acting);
      const json = written(false, (terminal) => terminal.line(JSON.stringify({ value }, null, 2)));
      expect((JSON.parse(json) as { value: string }).value).toBe(value);
    }),
  );
});
