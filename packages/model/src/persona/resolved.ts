/**
 * A persona with nothing left to look up: its parents and the files it names are inside it.
 *
 * This is what is stored, sent to hosts, signed and compiled. Templates are still unrendered, because they depend on the host.
 */
import type { Digest } from '../ids.ts';
import type { SecretContent } from '../secret.ts';
import type { PersonaDocument } from './schema.ts';

/** Where each path of a document stands in its file: `operating_system.sysctl.vm.swappiness` → [line, column], both 1-based. */
export type Positions = { readonly [path: string]: readonly [line: number, column: number] };

export interface LocatedDocument {
  /** As the author named it, for messages only. */
  readonly file: string;
  readonly document: PersonaDocument;
  readonly positions: Positions;
  /** Once rendered: file contents that have secrets in them, by path. Apart from the document, so that no text can pass for one. */
  readonly secretContents?: { readonly [path: string]: SecretContent };
}

export interface ResolvedPersona {
  readonly own: LocatedDocument;
  /** Every ancestor once, furthest first; the persona itself comes after all of them and wins. */
  readonly ancestors: readonly LocatedDocument[];
}

/** One active persona version on a host. `parameters` were checked against the persona's own. */
export interface Layer {
  readonly instance: string;
  readonly persona_id: string;
  readonly version: number | null;
  readonly priority: number;
  readonly parameters: { readonly [name: string]: string | number | boolean };
  /** Who asked for it: `local`, or the assignment at the control plane. */
  readonly assigned_by: string;
  readonly persona: ResolvedPersona;
  /** What allowed it, where a control plane sent it. Files that a person applies on a host have none. */
  readonly signature?: Signature | undefined;
}

/** As the host verified it. */
export interface Signature {
  /** Names of the keys that signed and that count. */
  readonly signers: readonly string[];
  /** Of the signed statement. */
  readonly payload_digest: Digest;
  /** ISO 8601. From then on it is applied nowhere anew; where it is active it stays. */
  readonly expires_at: string;
}

/** What templates may read of a host, `{{ host.hostname }}`. All values are strings or numbers. */
export type Facts = { readonly [name: string]: string | number };
