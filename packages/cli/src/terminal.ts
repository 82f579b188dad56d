/**
 * Where text goes: a terminal, a pipe or a file.
 *
 * A reader that goes away (`guise host ls | head -1`) is not an error: writing stops and the process ends quietly.
 */
import type { WriteStream } from 'node:tty';
import { plainStyle, type Style, terminalStyle } from './render/style.ts';
import { withoutControls } from './render/text.ts';

export interface Terminal {
  readonly isTty: boolean;
  /** Characters in a line; infinite where lines are not broken. */
  readonly columns: number;
  readonly style: Style;
  write(text: string): void;
  /** `text` and a line break. Line breaks and tabs in it stay, and what the style made; other control characters are spelled out. */
  line(text: string): void;
}

/** Source: no-color.org, and FORCE_COLOR as Node reads it. */
export function openTerminal(stream: WriteStream, env: { readonly [name: string]: string | undefined }): Terminal {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  const isTty = stream.isTTY === true;
  const hasColor = env['NO_COLOR']
    ? false
    : env['FORCE_COLOR']
      ? env['FORCE_COLOR'] !== '0'
      : isTty && env['TERM'] !== 'dumb';
  return {
    isTty,
    get columns() {
      return isTty ? stream.columns || 80 : Number.POSITIVE_INFINITY;
    },
    style: hasColor ? terminalStyle : plainStyle,
    write: (text) => void stream.write(text),
    // Whatever a renderer forgot: names, messages and values of others must not act on the terminal.
    line: (text) => void stream.write(`${withoutControls(text, hasColor)}\n`),
  };
}
