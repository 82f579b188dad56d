/** `applications.postgresql` → `database`. */
import type { PersonaDocument } from '@guise/model';
import { databaseAddress } from '../../kinds/database.ts';
import type { ClaimSink } from '../claim-sink.ts';

export function compileDatabases({ applications }: PersonaDocument, sink: ClaimSink): void {
  const { roles = {}, databases = {} } = applications?.postgresql ?? {};
  for (const [name, { login }] of Object.entries(roles)) {
    const address = databaseAddress('role', name);
    const path = `applications.postgresql.roles.${name}`;
    sink.set(address, 'present', true, path);
    sink.set(address, 'login', login, `${path}.login`);
  }
  for (const [name, { owner, schema, schema_content: content }] of Object.entries(databases)) {
    const address = databaseAddress('database', name);
    const path = `applications.postgresql.databases.${name}`;
    sink.set(address, 'present', true, path);
    sink.set(address, 'owner', owner, `${path}.owner`);
    if (content !== undefined) sink.set(address, 'schema', sink.content(content), `${path}.schema_content`);
    else if (schema !== undefined)
      sink.refuse(`${path}.schema`, 'must have been read', `the content of ${schema} is not in the persona`);
  }
}
