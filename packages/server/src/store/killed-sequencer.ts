/** Gives entries their places and dies after some statements: `killed-sequencer.ts DATABASE STATEMENTS`. For audit-log.pg.test.ts. */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { sequenceAudit } from './audit-log.ts';
import type { Tables } from './tables.ts';

const [url = '', limit = '0'] = process.argv.slice(2);
let statements = 0;
const database = new Kysely<Tables>({
  dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }),
  // Called when a statement is through.
  log: () => {
    if (statements === Number(limit)) process.kill(process.pid, 'SIGKILL');
    statements += 1;
  },
});
await sequenceAudit(database);
await database.destroy();
