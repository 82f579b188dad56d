import type { Context } from './context.ts';

/** The one result of a command with `--json`. */
export function printJson({ out }: Pick<Context, 'out'>, value: unknown): void {
  out.line(JSON.stringify(value, null, 2));
}
