/** One entry of the audit log, as it is hashed, exported and shown. */
import type { Json } from '@guise/model';
import { canonicalJson } from '@guise/model';

export interface LoggedEntry {
  /** Its name: unique, and never given again; not its place in the log. */
  readonly sequence: number;
  /** ISO 8601, UTC, in milliseconds. */
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  /** `persona/web`, `host/web-1`, `tag/role=web`. */
  readonly resource: string;
  /** Why it happened, when not because somebody asked for it. */
  readonly cause: string | null;
  /** Digests of what it was and became, where that has one. */
  readonly before: string | null;
  readonly after: string | null;
  readonly outcome: string;
  readonly detail: Json;
}

/** The bytes of its leaf: RFC 8785 of these ten fields and no other. */
export function entryBytes(entry: LoggedEntry): Uint8Array {
  const { sequence, at, actor, action, resource, cause, before, after, outcome, detail } = entry;
  const logged = { sequence, at, actor, action, resource, cause, before, after, outcome, detail };
  return new TextEncoder().encode(canonicalJson(logged));
}
