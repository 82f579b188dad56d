/** Gives entries their places, signs, and dies after some statements: `killed-sequencer.ts DATABASE STATEMENTS KEY`. For tests. */
import { signingKey } from '@guise/trust/signing';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { makeCheckpoint } from '../app/audit-checkpoint.ts';
import type { Tables } from './tables.ts';

const [url = '', limit = '0', privatePem = ''] = process.argv.slice(2);
let statements = 0;
const database = new Kysely<Tables>({
  dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }),
  // Called when a statement is through.
  log: () => {
    if (statements === Number(limit)) process.kill(process.pid, 'SIGKILL');
    statements += 1;
  },
});
await makeCheckpoint(database, { key: signingKey(privatePem), origin: 'guise.test/1' }, 0);
await database.destroy();
