/** Columns of text. The widest one gives way when the terminal is narrower than the table. */
import type { Terminal } from '../terminal.ts';
import { clip, printable } from './text.ts';

const gap = '  ';
const columnMin = 8;

/** Lines of a table with its heading; without rows, the one line `nothing`. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { columns, style }: Pick<Terminal, 'columns' | 'style'>,
  nothing = 'none',
): readonly string[] {
  if (rows.length === 0) return [style.quiet(nothing)];
  const cells = rows.map((row) => row.map(printable));
  const widths = fit(
    headings.map((heading, column) => Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0))),
    columns,
  );
  const lineOf = (row: readonly string[]) =>
    row
      .map((cell, column) => clip(cell, widths[column]!).padEnd(widths[column]!))
      .join(gap)
      .trimEnd();
  return [style.heading(lineOf(headings.map((heading) => heading.toUpperCase()))), ...cells.map(lineOf)];
}

function fit(wanted: readonly number[], columns: number): readonly number[] {
  const widths = [...wanted];
  let excess = widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1)) - columns;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const give = Math.min(excess, widths[widest]! - columnMin);
    if (give <= 0) break;
    // One at a time beyond the second widest would be fairer, and nobody could see it.
    widths[widest]! -= give;
    excess -= give;
  }
  return widths;
}
