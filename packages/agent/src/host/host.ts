/**
 * The port to one Linux machine. Everything that guise does to a host goes through here, and only this folder touches Linux.
 *
 * Invariants: paths are absolute and are walked one directory at a time without following links that somebody other than
 * root could have planted; programs are argument vectors, never shell strings; every call is bounded in time and output.
 * Fault injection (tests) is a decorator of this port, so the code that is tested is the code that runs.
 */
import type { Digest, Facts } from '@guise/model';
import type { Systemd } from './systemd/port.ts';

export type FileType = 'absent' | 'file' | 'directory' | 'symlink' | 'other';

export interface FileStatus {
  readonly type: FileType;
  /** Four octal digits, such as `0644`; null when absent. */
  readonly mode: string | null;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** Of a symlink. */
  readonly target: string | null;
}

/** What a file is to be after a write. The old one stays whole until the instant the new one takes its name. */
export interface FileWrite {
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
}

export interface Files {
  status(path: string): FileStatus;
  /** Follows links as directories do. Throws: `limit_exceeded` past `limits.fileSizeBytes`; `path_unsafe` on a planted link. Null when absent. */
  read(path: string): Uint8Array | null;
  readText(path: string): string | null;
  /** Entries of a directory, sorted; empty when absent. */
  list(path: string): readonly string[];
  /**
   * Temporary file in the same directory, then rename. Durable only after `sync`.
   * Throws: `change_failed` for what cannot be put back by a rename: a directory, device, socket or FIFO, a file with several hard links.
   */
  write(file: FileWrite): void;
  /** Creates a small file, mode 0600, whole or not at all; false when something has the name already. For lock files. */
  claim(path: string, content: string): boolean;
  /** Removes the temporary file that a killed `write`, `claim` or `makeSymlink` of this path left beside it. */
  discardTemporary(path: string): void;
  makeDirectory(path: string, mode: string, uid: number, gid: number): void;
  /** Replaces what is there, atomically. */
  makeSymlink(path: string, target: string, uid: number, gid: number): void;
  /** Mode and owner of what is there. */
  setOwnership(path: string, mode: string, uid: number, gid: number): void;
  /** Gives what is at `from` another name on the same file system, atomically. Replaces a file or an empty directory at `to`. */
  rename(from: string, to: string): void;
  /** A file, a symlink or an empty directory; nothing when absent. */
  remove(path: string): void;
  /** In place, without rename: for `/proc` and `/sys`. */
  poke(path: string, text: string): void;
  /** Makes every write above durable, with one call for the whole file system. */
  sync(): Promise<void>;
}

export interface RunOptions {
  readonly input?: string;
  /** Default `limits.commandTimeoutMs`. */
  readonly timeoutMs?: number;
  readonly env?: { readonly [name: string]: string };
  /** Exit statuses that are an answer rather than a failure; default only 0. `any` never throws. */
  readonly accept?: readonly number[] | 'any';
  readonly signal?: AbortSignal;
  /** What it prints is for people, so no secret may be in it. */
  readonly shown?: boolean;
  /** Applied to what a failed program printed, before any of it is cut off. */
  readonly redact?: (text: string) => string;
  /** It changes nothing, so tests that strike before and after every change pass over it. */
  readonly reads?: boolean;
}

export interface RunResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Host {
  /** `/` on a live host; otherwise an offline tree, where nothing runs. */
  readonly root: string;
  readonly live: boolean;
  readonly files: Files;
  /** Runs one program to its end. Throws: `command_failed` with its standard error, `command_timeout`. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Throws, offline: `kind_refused`. */
  readonly systemd: Systemd;
  facts(): Facts;
}

export type DigestOf = (bytes: Uint8Array) => Digest;
