/** Opens a lab by name; its progress goes to standard error. Loads the lab package only now. */
import type { Lab } from '@guise/lab';
import type { Context } from '../context.ts';
import { repository } from '../places.ts';

const defaultName = 'lab';

/** Throws: `lab_unsupported`, `argument_invalid`. */
export async function openNamedLab(
  { err, env }: Pick<Context, 'err' | 'env'>,
  name: string = defaultName,
): Promise<Lab> {
  const { labDirectory, openLab } = await import('@guise/lab');
  return openLab({ name, directory: labDirectory(env), repository, report: (line) => err.line(err.style.quiet(line)) });
}
