/** What the kernel said no to, in words for people. Every failing call to a host's files becomes one of these. */
import { GuiseError } from '@guise/model';

const meaning: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'something else is there already',
  EINVAL: 'the kernel does not accept this value',
  EIO: 'the disk reports an input/output error',
  EISDIR: 'it is a directory',
  EMFILE: 'too many files are open',
  ENOENT: 'its directory does not exist',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a part of its path is not a directory',
  ENOTEMPTY: 'the directory is not empty',
  EPERM: 'the kernel does not permit it, and the file may be immutable (see lsattr(1))',
  EROFS: 'the file system is read-only',
};

/** `operation` is a verb for the message, such as `write`. A GuiseError passes unchanged. */
export function refusal(operation: string, path: string, error: unknown): GuiseError {
  if (error instanceof GuiseError) return error;
  const code = errnoOf(error);
  if (code === null) throw error;
  return new GuiseError(
    'change_failed',
    `Cannot ${operation} ${JSON.stringify(path)}: ${meaning[code] ?? 'the kernel refused'} (${code})`,
    {
      cause: error,
    },
  );
}

/** The symbolic error number of a failed system call, such as `ENOENT`; null for any other error. */
function errnoOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  const code = errnoOf(error);
  return code !== null && codes.includes(code);
}
