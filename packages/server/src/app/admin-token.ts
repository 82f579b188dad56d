/**
 * The token of whoever starts the server: made once, kept as a digest in the database and in `admin-token` of the state
 * directory, which only its owner can read. A token that the database does not know any more is replaced.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../store/database.ts';
import { findAsker } from '../store/tokens.ts';
import { createAdminToken, tokenDigest } from './tokens.ts';

export async function adminToken(database: Database, stateDirectory: string): Promise<string> {
  const path = join(stateDirectory, 'admin-token');
  const kept = await readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
  if (kept !== null && (await findAsker(database, { digest: tokenDigest(kept) })) !== null) return kept;
  const token = await createAdminToken(database);
  const temporary = `${path}.new`;
  // Whatever mode a leftover had, this one is ours.
  await rm(temporary, { force: true });
  await writeFile(temporary, `${token}\n`, { mode: 0o600 });
  await rename(temporary, path);
  return token;
}
