/** A body with a secret in it is refused without quoting it: the answer goes to logs and screens that the body never does. */
import { GuiseError } from '@guise/model';

/** Keeps where the problems are. Throws: what reading throws, quietly. */
export function readQuietly<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    const rule = 'must be as the API describes it';
    const problems = error.problems.map(({ file, line, column }) => ({
      file,
      line,
      column,
      path: '',
      rule,
      message: `the body ${rule} (${file}:${line}:${column})`,
    }));
    throw new GuiseError(error.code, `Cannot use the request: ${problems[0]?.message ?? `the body ${rule}`}`, {
      problems,
    });
  }
}
