/** A switch that fails after it has loaded another schema leaves the database with its old schema and its data. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testLab } from './test-lab.ts';

const persona = (schema: string, tests: string): string => `guise: persona/v1
persona_id: db
software_stack: [postgresql]
services: {postgresql.service: {state: running, enabled: true}}
applications: {postgresql: {roles: {shop: {}}, databases: {shop: {owner: shop, schema_content: "${schema}"}}}}
tests: [${tests}]
`;
const first = persona('create table item (id int primary key);', '');
const failing = persona('alter table item add column name text;', '{name: never, command: ["false"]}');

describe('a schema that was loaded by a switch that fails', () => {
  const { lab, output, guise } = testLab('test-database', [{ name: 'h1' }]);
  const asPostgres = ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--init-groups', '--'];
  const sql = (query: string): Promise<string> =>
    output('h1', [...asPostgres, 'psql', '--no-align', '--tuples-only', '--dbname', 'shop', '--command', query]);
  const apply = async (text: string): Promise<number> => {
    writeFileSync(join(lab.host('h1').root, 'root/db.yaml'), text);
    return (await guise('h1', 'apply', '/root/db.yaml', '--yes')).status;
  };

  it('is gone, and what was in the database is there', async () => {
    expect(await apply(first)).toBe(0);
    await sql('insert into item values (7)');
    await sql("alter database shop set work_mem = '7MB'");
    expect(await apply(failing)).toBe(1);
    expect(await sql('select * from item')).toBe('7');
    expect(await sql('show work_mem')).toBe('7MB');
    expect(await sql("select datname from pg_database where datname like 'guise%'")).toBe('');
    expect(await apply(first)).toBe(0);
  });
});
