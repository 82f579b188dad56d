/**
 * Whose personas this control plane serves: an organisation and one environment of it, by the newest root that it has.
 *
 * With `--root` it starts with the root in that file, and from then on follows those that are published. Without, it goes on with what
 * it served before, and where there is nothing it makes a development root and signs what is published here itself.
 * Invariant: a database that served a real root never falls back to the development root.
 * Throws: `root_refused` for a root that does not belong to those that are here; `envelope_invalid`.
 */
import { decodeEnvelope, encodeEnvelope, openRoot, type TrustedRoot } from '@guise/decide/trust';
import { GuiseError } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import { type SigningKey, verifySignature } from '@guise/trust/signing';
import { usableKeyCheck } from '@guise/trust/usable-key';
import type { Database, Executor } from '../store/database.ts';
import { findRoot, findServed, insertRoot, newestRoot, type ServedNames, writeServed } from '../store/trust-roots.ts';
import type { Vault } from '../store/vault.ts';
import { developmentNames, developmentRoot } from './development-root.ts';

export interface Served extends ServedNames {
  readonly root: TrustedRoot;
  readonly envelope: Envelope;
  /** Signs what is published here; null where authors sign. */
  readonly key: SigningKey | null;
}

export interface Trust {
  /** Whether this control plane signed what is published here when it started. */
  readonly isDevelopment: boolean;
  readonly nowMs: () => number;
  /** As of now: another process may have taken the next root. */
  served(db: Executor): Promise<Served>;
  /** Throws: `root_refused`. */
  openRoot(envelope: Envelope, previous: TrustedRoot | null): TrustedRoot;
}

export interface GivenRoot {
  readonly envelope: Envelope;
  readonly environment: string;
}

interface Parts {
  readonly database: Database;
  readonly vault: Vault;
  /** Null: go on with what was served before. */
  readonly given: GivenRoot | null;
  readonly nowMs: () => number;
}

export async function establishTrust({ database, vault, given, nowMs }: Parts): Promise<Trust> {
  const isUsableKey = await usableKeyCheck();
  const open = (envelope: Envelope, previous: TrustedRoot | null) =>
    openRoot(envelope, previous, { verify: verifySignature, isUsableKey });
  const known = await findServed(database);
  const isOwn = given === null && (known === null || known.organization === developmentNames.organization);
  const development = isOwn ? await developmentRoot(database, vault, nowMs()) : null;
  const own = development && { envelope: development.root, environment: developmentNames.environment };
  const first = given ?? (known === null ? own : null);
  if (first !== null) await database.transaction().execute((tx) => serve(tx, first, open));
  const served = async (db: Executor): Promise<Served> => {
    const names = await findServed(db);
    const newest = names === null ? null : await newestRoot(db, names.organization);
    if (names === null || newest === null) throw new GuiseError('root_refused', 'Cannot find the trust root');
    const envelope = decodeEnvelope(newest.envelope);
    // What is stored was opened by the root before it.
    const root = openRoot(envelope, null, { verify: verifySignature, isUsableKey: () => true });
    return {
      ...names,
      root,
      envelope,
      key: development !== null && root.keys.has(development.key.keyId) ? development.key : null,
    };
  };
  return { isDevelopment: (await served(database)).key !== null, nowMs, served, openRoot: open };
}

/** The first root of an organisation is believed because whoever starts the server gives it; any other must follow those here. */
async function serve(tx: Executor, { envelope, environment }: GivenRoot, open: Trust['openRoot']): Promise<void> {
  const alone = open(envelope, null);
  const { organization, version } = alone;
  const newest = await newestRoot(tx, organization);
  const text = encodeEnvelope(envelope);
  if (newest !== null && version > newest.version) {
    // Throws when it does not follow.
    open(envelope, open(decodeEnvelope(newest.envelope), null));
  } else if (newest !== null && (await findRoot(tx, organization, version))?.envelope !== text) {
    throw new GuiseError('root_refused', `Cannot serve root ${version} of ${organization}: another one is known here`);
  }
  if (newest === null || version > newest.version)
    await insertRoot(tx, { organization, version, envelope: text, publishedBy: 'server' });
  await writeServed(tx, { organization, environment });
}
