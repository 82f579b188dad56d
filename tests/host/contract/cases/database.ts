import type { ContractCase } from '@guise/agent';
import type { DatabaseState } from '@guise/model';
import { digestOfText } from './units.ts';

const schema = 'create table item (id int primary key);\ninsert into item values (1);\n';
const none: DatabaseState = { present: true, owner: null, schema: null, login: null };
const role = (login: boolean): DatabaseState => ({ ...none, login });
const owned = (owner: string, text: string | null): DatabaseState => ({
  ...none,
  owner,
  schema: text === null ? null : digestOfText(text),
});

export const databaseCases: readonly ContractCase[] = [
  {
    name: 'a role and a database with a schema, under awkward names, and an existing role that may not log in any more',
    content: [schema],
    arrange: async (host) => {
      await host.run(['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', 'postgresql'], {
        timeoutMs: 300_000,
      });
      const asPostgres = ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--init-groups', '--'];
      await host.run([...asPostgres, 'createuser', '--login', 'existing']);
      // What the package's scripts did as that user leaves a session that would end by itself in the midst of the case.
      const { stdout } = await host.run(['id', '--user', 'postgres']);
      await host.run([
        'systemctl',
        'stop',
        `user@${stdout.trim()}.service`,
        `user-runtime-dir@${stdout.trim()}.service`,
      ]);
    },
    after: {
      'database:postgresql/role/shop': role(true),
      'database:postgresql/role/existing': role(false),
      'database:postgresql/database/shop': owned('shop', schema),
      'database:postgresql/database/it\'s "odd"': owned('existing', null),
    },
  },
];
