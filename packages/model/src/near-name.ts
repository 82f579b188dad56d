/** Finds what an author meant by a misspelt name. */

/** Names longer than this are compared by their beginning: the distance is quadratic in their length. */
const comparedChars = 64;

/** The nearest candidate within a third of the name's length in edits, or two; undefined when none is near. */
export function nearName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  const length = Math.min(name.length, comparedChars);
  let bestDistance = length < 4 ? 2 : Math.max(2, Math.floor(length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.slice(0, comparedChars), candidate.slice(0, comparedChars));
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const substituted = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
