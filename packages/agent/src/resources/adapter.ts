/**
 * The one shape of a resource kind's adapter: `resources/<kind>/index.ts` exports one of these, and `resources/index.ts` lists it.
 *
 * An adapter has no memory and makes no decisions. `observe` reads; `apply` makes each address what the change says, whatever
 * it is now. Undo is `apply` of the inverse change, so `apply` must be idempotent and must finish what a killed run began.
 * How states differ and in which order changes go is the kind's rules, in @guise/decide, because the server previews plans too.
 * Source: docs/how-to/add-a-resource-kind.md.
 */
import type { Address, Change, Digest, Kind, State } from '@guise/model';
import type { Host } from '../host/host.ts';

/** Content by digest: of what is to be written and of pre-images. */
export interface Blobs {
  get(digest: Digest): Uint8Array;
  /** Keeps content that was read, so that it can be put back. What is secret gets a digest that tells nobody what it is. */
  put(bytes: Uint8Array, options?: { readonly secret: boolean }): Digest;
}

export interface Asked {
  readonly address: Address;
  /** What guise last committed here, or means to; gives kinds such as `command` the vectors to check with. */
  readonly known: State | null;
  /** Its content is, was or becomes secret. */
  readonly secret?: boolean;
}

export interface ObserveContext {
  readonly host: Host;
  readonly blobs: Blobs;
  /** Absolute path on the host, made by the engine, for what must outlive a killed run and is not in the journal, such as footprints. */
  readonly stateDirectory: string;
  /** Paths whose content may be kept nowhere but where it is, and encrypted in the journal. */
  readonly secretPaths?: () => ReadonlySet<string>;
}

export interface ApplyContext extends ObserveContext {
  /** A named instant at which a test may kill the agent or make the disk fail. Call before and after each thing that changes the host. */
  readonly point: (name: string) => void;
  readonly signal: AbortSignal;
  /**
   * True while a transaction is being undone, which must succeed: what others have put into a directory that guise made then stays
   * there, with the directory. Otherwise removing such a directory is refused.
   */
  readonly undoing: boolean;
}

/** What a target becomes when the host has been asked what is possible, such as the exact version behind `7.88.*`. */
export interface Resolution {
  readonly targets: ReadonlyMap<Address, State>;
  /**
   * Further addresses that come with them, such as a package's dependencies or a file's missing directories, with what they become.
   * They may be of another kind: a user brings the group of its name. What a layer claims itself outranks them.
   */
  readonly implied: ReadonlyMap<Address, State>;
  /** For people: what will not be as it was before, and why. */
  readonly warnings?: readonly string[];
}

export interface Adapter {
  readonly kind: Kind;
  /** Whether `--root DIR` can have this kind. */
  readonly offline: boolean;
  /** One state per address asked, in one batch: at most one spawn for all. */
  observe(asked: readonly Asked[], context: ObserveContext): Promise<ReadonlyMap<Address, State>>;
  /** Only for kinds whose targets may be patterns. `wanted` are all addresses of this kind with a layer, `released` those without one any more. */
  resolve?(
    wanted: ReadonlyMap<Address, State>,
    released: ReadonlyMap<Address, State>,
    live: ReadonlyMap<Address, State>,
    context: ObserveContext,
  ): Promise<Resolution>;
  /** Only for `package`: which of `packages` put these addresses on the host; those that none of them did are left out. */
  ownersOf?(
    addresses: readonly Address[],
    packages: ReadonlySet<Address>,
    context: ObserveContext,
  ): Promise<ReadonlyMap<Address, Address>>;
  /**
   * Removes the temporary files that a killed run left beside these addresses, and waits for what it left running. For recovery,
   * before it looks at anything.
   */
  sweep?(addresses: readonly Address[], context: ApplyContext): void | Promise<void>;
  /** All changes of one stage. Throws `GuiseError` when the host refuses; what was done by then is undone by the engine. */
  apply(changes: readonly Change[], context: ApplyContext): Promise<void>;
}
