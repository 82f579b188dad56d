/** Opens a lab by name; its progress goes to standard error. Loads the lab package only now. */
import type { Lab, LabOptions } from '@guise/lab';
import type { Context } from '../context.ts';
import { repository } from '../places.ts';

const defaultName = 'lab';

/** Throws: `lab_unsupported`, `argument_invalid`. */
export async function openNamedLab(context: Pick<Context, 'err' | 'env'>, name?: string): Promise<Lab> {
  const { openLab } = await import('@guise/lab');
  return openLab(await namedLabOptions(context, name));
}

export async function namedLabOptions(
  { err, env }: Pick<Context, 'err' | 'env'>,
  name: string = defaultName,
): Promise<LabOptions> {
  const { labDirectory } = await import('@guise/lab');
  return { name, directory: labDirectory(env), repository, report: (line) => err.line(err.style.quiet(line)) };
}
