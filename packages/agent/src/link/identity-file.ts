/**
 * Who this host is to its control plane, in a file that only root can read. Made once; enrolling again keeps the token.
 *
 * Throws: `journal_failed` when the file cannot be written or holds something else.
 */
import type { HostId } from '@guise/model';
import { GuiseError, parseHostId } from '@guise/model';
import { z } from 'zod';
import { readStateFile, writeStateFile } from '../host/state-file.ts';
import type { Identity } from './enrol.ts';

const schema = z.object({ host_id: z.string(), token: z.string().min(1) });

/** Null when this host never had one. */
export function readIdentity(path: string): Identity | null {
  const text = readStateFile(path);
  if (text === null) return null;
  try {
    const { host_id, token } = schema.parse(JSON.parse(text));
    return { hostId: parseHostId(host_id), token };
  } catch (cause) {
    throw new GuiseError('journal_failed', `Cannot read this host's identity in ${path}: remove it and enrol again`, {
      cause,
    });
  }
}

/** The identity that is there, if it is this host's, or else a new one; on disk before it is told. */
export function ensureIdentity(path: string, hostId: HostId, makeToken: () => string): Identity {
  const known = readIdentity(path);
  if (known?.hostId === hostId) return known;
  const identity = { hostId, token: makeToken() };
  try {
    writeStateFile(path, JSON.stringify({ host_id: hostId, token: identity.token }));
  } catch (cause) {
    throw new GuiseError('journal_failed', `Cannot keep this host's identity in ${path}`, { cause });
  }
  return identity;
}
