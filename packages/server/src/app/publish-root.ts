/**
 * The trust root as people see and replace it: the next one is taken when the one of now and itself say so, and agents hear of it.
 *
 * Throws: `root_refused`.
 */
import { encodeEnvelope } from '@guise/decide/trust';
import { type Digest, GuiseError } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { insertRoot } from '../store/trust-roots.ts';
import type { Caller } from './caller.ts';
import type { Served, Trust } from './served-trust.ts';

export interface RootDetail {
  readonly organization: string;
  readonly environment: string;
  readonly version: number;
  readonly digest: Digest;
  readonly expires_at: string;
  /** Whether this control plane made it, and signs what is published. */
  readonly development: boolean;
  readonly envelope: Envelope;
}

export async function showRoot(database: Executor, trust: Trust): Promise<RootDetail> {
  return detailOf(await trust.served(database));
}

/** The one that is served already is taken again without a change. */
export async function publishRoot(
  database: Database,
  { trust, caller }: { readonly trust: Trust; readonly caller: Caller },
  envelope: Envelope,
): Promise<RootDetail> {
  return mutate(database, caller.actor, async (tx) => {
    const before = await trust.served(tx);
    const text = encodeEnvelope(envelope);
    if (text === encodeEnvelope(before.envelope)) return { value: detailOf(before), audit: null, signals: [] };
    const { organization, version, digest } = trust.openRoot(envelope, before.root);
    if (!(await insertRoot(tx, { organization, version, envelope: text, publishedBy: caller.actor }))) {
      throw new GuiseError('root_refused', `Cannot take root ${version}: another one came at the same instant`);
    }
    return {
      value: detailOf(await trust.served(tx)),
      audit: {
        action: caller.action,
        resource: `root/${organization}`,
        detail: { version, digest },
        before: before.root.digest,
        after: digest,
      },
      signals: [{ type: 'root' }, { type: 'event', event: 'root.published', subject: organization }],
    };
  });
}

function detailOf({ organization, environment, root, envelope, key }: Served): RootDetail {
  const { version, digest, expiresAt } = root;
  return { organization, environment, version, digest, expires_at: expiresAt, development: key !== null, envelope };
}
