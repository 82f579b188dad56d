/**
 * The shortest way from one text to another, line by line, as people read it: a unified diff.
 *
 * Shape: only lines that differ and `contextLines` around them; a text that differs in more than `editsMax` lines is shown as
 * wholly replaced, so that the work stays bounded. No "no newline at end of file" marker: a plan shows it as a changed last line.
 * Source: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986.
 */
export interface DiffLine {
  readonly sign: ' ' | '+' | '-' | '@';
  readonly text: string;
}

const contextLines = 3;
const editsMax = 1_000;

export function lineDiff(before: string, after: string): readonly DiffLine[] {
  return hunks(edits(linesOf(before), linesOf(after)));
}

/** How many lines come and go. */
export function diffSize(lines: readonly DiffLine[]): { readonly added: number; readonly removed: number } {
  return {
    added: lines.filter(({ sign }) => sign === '+').length,
    removed: lines.filter(({ sign }) => sign === '-').length,
  };
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  else lines[lines.length - 1] += ' (no line break at the end)';
  return lines;
}

/** Every line of both, in order. */
function edits(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  let head = 0;
  while (head < before.length && before[head] === after[head]) head++;
  let tail = 0;
  const tailMax = Math.min(before.length, after.length) - head;
  while (tail < tailMax && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return [
    ...signed(' ', before.slice(0, head)),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...signed(' ', before.slice(before.length - tail)),
  ];
}

function middle(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const trace = reachable(before, after);
  return trace === null ? [...signed('-', before), ...signed('+', after)] : walkBack(trace, before, after);
}

/** For each number of edits, how far each diagonal gets; null past `editsMax`. */
function reachable(before: readonly string[], after: readonly string[]): readonly Map<number, number>[] | null {
  const trace: Map<number, number>[] = [];
  let furthest = new Map([[1, 0]]);
  for (let edit = 0; edit <= Math.min(editsMax, before.length + after.length); edit++) {
    trace.push(furthest);
    const next = new Map(furthest);
    for (let diagonal = -edit; diagonal <= edit; diagonal += 2) {
      let row = stepsDown(furthest, diagonal, edit) ? at(furthest, diagonal + 1) : at(furthest, diagonal - 1) + 1;
      while (row < before.length && row - diagonal < after.length && before[row] === after[row - diagonal]) row++;
      next.set(diagonal, row);
      if (row >= before.length && row - diagonal >= after.length) return trace;
    }
    furthest = next;
  }
  return null;
}

function walkBack(
  trace: readonly Map<number, number>[],
  before: readonly string[],
  after: readonly string[],
): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let row = before.length;
  let column = after.length;
  for (let edit = trace.length - 1; edit >= 0; edit--) {
    const furthest = trace[edit]!;
    const diagonal = row - column;
    const previous = stepsDown(furthest, diagonal, edit) ? diagonal + 1 : diagonal - 1;
    const previousRow = at(furthest, previous);
    while (row > previousRow && column > previousRow - previous && row > 0 && column > 0) {
      lines.push({ sign: ' ', text: before[--row]! });
      column--;
    }
    if (edit === 0) break;
    if (row === previousRow) lines.push({ sign: '+', text: after[--column]! });
    else lines.push({ sign: '-', text: before[--row]! });
  }
  return lines.reverse();
}

/** Whether the best way onto a diagonal inserts a line rather than removes one. */
function stepsDown(furthest: Map<number, number>, diagonal: number, edit: number): boolean {
  return diagonal === -edit || (diagonal !== edit && at(furthest, diagonal - 1) < at(furthest, diagonal + 1));
}

function at(furthest: Map<number, number>, diagonal: number): number {
  return furthest.get(diagonal) ?? -1;
}

function signed(sign: ' ' | '+' | '-', lines: readonly string[]): readonly DiffLine[] {
  return lines.map((text) => ({ sign, text }));
}

/** Leaves out what is far from any difference; each part that stays begins with an `@` line of its line numbers. */
function hunks(lines: readonly DiffLine[]): readonly DiffLine[] {
  const kept = lines.map(() => false);
  for (const [index, { sign }] of lines.entries()) {
    if (sign !== ' ') kept.fill(true, Math.max(0, index - contextLines), index + contextLines + 1);
  }
  const shown: DiffLine[] = [];
  let [oldLine, newLine] = [1, 1];
  for (const [index, line] of lines.entries()) {
    if (kept[index]) {
      if (!kept[index - 1]) shown.push({ sign: '@', text: `line ${line.sign === '-' ? oldLine : newLine}` });
      shown.push(line);
    }
    if (line.sign !== '+') oldLine++;
    if (line.sign !== '-') newLine++;
  }
  return shown;
}
