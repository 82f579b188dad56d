import { deleteSecret, putSecret } from '../../app/secrets.ts';
import { listSecrets } from '../../store/secrets.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

export function secretHandlers({
  database,
  vault,
}: HandlerParts): Pick<Handlers, 'listSecrets' | 'putSecret' | 'deleteSecret'> {
  return {
    listSecrets: ({ query }) => listSecrets(database, query),
    putSecret: ({ params, body, caller }) =>
      putSecret(database, vault, caller, {
        name: params.name,
        value: Buffer.from(body.value, 'base64'),
        existing: body.existing,
        version: body.version,
      }),
    deleteSecret: ({ params, query, caller }) => deleteSecret(database, caller, params.name, query.force),
  };
}
