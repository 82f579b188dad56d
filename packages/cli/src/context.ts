/** What a command may know of the process it runs in. Built once, by `main.ts`. */
import type { Terminal } from './terminal.ts';

export interface Context {
  readonly out: Terminal;
  /** Progress, questions and errors; never what a script would read. */
  readonly err: Terminal;
  readonly env: { readonly [name: string]: string | undefined };
  readonly cwd: string;
  readonly isRoot: boolean;
  /** Print JSON instead of text. */
  readonly json: boolean;
  /** Whether a person can be asked. */
  readonly canAsk: boolean;
  /** A person's answer; only what begins with y is a yes. */
  confirm(question: string): Promise<boolean>;
  /** The same without showing what is typed. */
  askSecret(question: string): Promise<string>;
  /** Aborted by the first Ctrl-C or SIGTERM of a command that listens; see `untilInterrupted`. */
  interruption(): AbortSignal;
}
