/**
 * Kleene's three-valued logic: what is not known makes a whole unknown only where the rest does not settle it.
 *
 * `null` is unknown. Missing data is unknown, so `below` never holds because a metric fell silent, and `not` of it does not either.
 */
export type Truth = true | false | null;

export function anyOf(truths: readonly Truth[]): Truth {
  if (truths.includes(true)) return true;
  return truths.includes(null) ? null : false;
}

export function allOf(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(null) ? null : true;
}

export function notOf(truth: Truth): Truth {
  return truth === null ? null : !truth;
}
