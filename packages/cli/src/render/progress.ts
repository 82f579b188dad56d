/** Progress on the terminal: one line that changes in place; elsewhere a line for each step. */
import type { Terminal } from '../terminal.ts';
import { clip, printable } from './text.ts';

const eraseLine = '\r\u001b[2K';

export class ProgressLine {
  readonly #terminal: Terminal;
  #last = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(text: string): void {
    const line = printable(text);
    if (line === this.#last) return;
    this.#last = line;
    if (this.#terminal.isTty)
      this.#terminal.write(`${eraseLine}${this.#terminal.style.quiet(clip(line, this.#terminal.columns - 1))}`);
    else this.#terminal.line(line);
  }

  /** Takes the line away, so that what follows starts clean. */
  clear(): void {
    if (this.#terminal.isTty && this.#last !== '') this.#terminal.write(eraseLine);
    this.#last = '';
  }
}
