/**
 * The agent's memory: the active layers, the baselines, and every transaction from before its first change to its end.
 *
 * A switch costs two durable writes: `record` (the plan and every pre-image, before anything is touched) and `commit`.
 * Killed before `record` returns: nothing was changed. Killed between the two: `open()` gives the transaction back, and it is undone.
 * Killed after `commit`: the switch stands. SQLite's WAL with synchronous=FULL makes each of the two whole or absent, at any length
 * at which the log may be cut. Marks and undo's own progress need not survive a power cut, so they are written without waiting.
 *
 * Throws: `journal_failed` when the disk refuses (full, I/O error); `journal_corrupt` when the file is not a journal of this version.
 * Source: https://sqlite.org/wal.html, https://sqlite.org/pragma.html#pragma_synchronous.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Address, Digest, Layer, Plan, State, TransactionReport, TransactionStatus } from '@guise/model';
import { GuiseError, isKeyedDigest, isSecretState, limits } from '@guise/model';
import { guarded, openDatabase } from './journal-database.ts';
import { JournalKey } from './journal-key.ts';
import type { OpenTransaction, TransactionRow } from './transaction-row.ts';
import { openTransactionOf, reportOf } from './transaction-row.ts';

/** What becomes true when the transaction commits, decided when it was planned. */
export interface AfterCommit {
  /** Baselines of addresses that guise touches for the first time. */
  readonly baselines: readonly (readonly [Address, State])[];
  /** Addresses that go back to their baseline and are forgotten. */
  readonly released: readonly Address[];
  readonly managed: readonly (readonly [Address, State])[];
  /** All of them: what packages of guise put at an address, and which package. */
  readonly provided: readonly (readonly [Address, State, Address])[];
}

export interface Recording {
  readonly id: string;
  readonly plan: Plan;
  readonly layersBefore: readonly Layer[];
  readonly layersAfter: readonly Layer[];
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
  /** ISO 8601. */
  readonly startedAt: string;
}

export interface Ending {
  readonly finishedAt: string;
  readonly timingsMs: { readonly [phase: string]: number };
  readonly error: TransactionReport['error'];
}

export interface JournalOptions {
  readonly path: string;
  /** Called before and after every durable write with its name; tests kill or fail there. */
  readonly point: (name: string) => void;
}

export class Journal {
  readonly #db: DatabaseSync;
  readonly #key: JournalKey;
  readonly #point: (name: string) => void;
  /** Layers carry whole documents, so they are parsed only when they are others than last time. */
  #lastActive: { readonly bodies: string; readonly layers: readonly Layer[] } = { bodies: '', layers: [] };

  constructor({ path, point }: JournalOptions) {
    this.#point = point;
    this.#key = new JournalKey(path.replace(/[^/]*$/, 'journal.key'), () => this.#hasSecrets());
    this.#db = guarded(() => openDatabase(path));
  }

  activeLayers(): readonly Layer[] {
    const bodies = this.#column('SELECT body FROM active_layer ORDER BY position');
    if (bodies.join('\n') !== this.#lastActive.bodies) {
      this.#lastActive = { bodies: bodies.join('\n'), layers: bodies.map((body) => JSON.parse(body) as Layer) };
    }
    return this.#lastActive.layers;
  }

  /** Whether exactly these layers are active, in this order. */
  isActive(layers: readonly Layer[]): boolean {
    this.activeLayers();
    return layers.map((layer) => JSON.stringify(layer)).join('\n') === this.#lastActive.bodies;
  }

  baselines(): ReadonlyMap<Address, State> {
    return this.#states('baseline');
  }

  managed(): ReadonlyMap<Address, State> {
    return this.#states('managed');
  }

  provided(): ReadonlyMap<Address, { readonly state: State; readonly by: Address }> {
    const rows = guarded(() => this.#db.prepare('SELECT address, state, package FROM provided ORDER BY address').all());
    return new Map(
      rows.map((row) => [
        row['address'] as Address,
        { state: JSON.parse(row['state'] as string) as State, by: row['package'] as Address },
      ]),
    );
  }

  blob(digest: Digest): Uint8Array | null {
    const row = guarded(() => this.#db.prepare('SELECT bytes FROM blob WHERE digest = ?').get(digest));
    if (row === undefined) return null;
    const bytes = row['bytes'] as Uint8Array;
    return isKeyedDigest(digest) ? this.#key.decrypt(digest, bytes) : bytes;
  }

  /** Of content that nobody may guess from its digest. Throws: `secret_unavailable`. */
  secretDigestOf(bytes: Uint8Array): Digest {
    return this.#key.digestOf(bytes);
  }

  /** Addresses whose content is, was or is becoming secret. */
  secretAddresses(): ReadonlySet<Address> {
    const changes = this.open()?.plan.stages.flatMap((stage) => stage.changes) ?? [];
    const states: readonly (readonly [Address, State])[] = [
      ...this.managed(),
      ...this.baselines(),
      ...changes.flatMap(({ address, before, after }) => [[address, before] as const, [address, after] as const]),
    ];
    return new Set(states.filter(([, state]) => isSecretState(state)).map(([address]) => address));
  }

  /** The transaction that has not ended, if any. There is never more than one. */
  open(): OpenTransaction | null {
    const sql = `SELECT * FROM transaction_log WHERE status IN ('acting', 'confirming', 'undoing', 'stuck') ORDER BY sequence DESC LIMIT 1`;
    const row = guarded(() => this.#db.prepare(sql).get()) as TransactionRow | undefined;
    return row === undefined ? null : openTransactionOf(row);
  }

  /** The layers that were active before the last committed transaction that changed them. */
  layersBeforeLast(): readonly Layer[] | null {
    const sql = `SELECT layers_before FROM transaction_log WHERE status = 'committed' AND layers_before <> layers_after ORDER BY sequence DESC LIMIT 1`;
    const [body] = this.#column(sql);
    return body === undefined ? null : (JSON.parse(body) as readonly Layer[]);
  }

  /** Changes whenever another connection has committed to this file. Source: https://sqlite.org/pragma.html#pragma_data_version. */
  foreignWrites(): number {
    return Number(guarded(() => this.#db.prepare('PRAGMA data_version').get())?.['data_version']);
  }

  /** Newest first. */
  history(count: number = limits.historyEntries): readonly TransactionReport[] {
    const sql = 'SELECT * FROM transaction_log ORDER BY sequence DESC LIMIT ?';
    const rows = guarded(() => this.#db.prepare(sql).all(count)) as unknown as readonly TransactionRow[];
    return rows.map(reportOf);
  }

  /** What every switch after this one changed: as it was before the first, and as the last left it. Null: every switch. */
  touchedSince(id: string | null): ReadonlyMap<Address, { readonly before: State; readonly after: State }> {
    const sql = `SELECT plan FROM transaction_log WHERE status = 'committed'
      AND sequence > coalesce((SELECT sequence FROM transaction_log WHERE id = ?), 0) ORDER BY sequence`;
    const plans = guarded(() => this.#db.prepare(sql).all(id)).map((row) => JSON.parse(row['plan'] as string) as Plan);
    const touched = new Map<Address, { readonly before: State; readonly after: State }>();
    for (const { address, before, after } of plans.flatMap(({ stages }) => stages.flatMap(({ changes }) => changes)))
      touched.set(address, { before: touched.get(address)?.before ?? before, after });
    return touched;
  }

  report(id: string): TransactionReport {
    const row = guarded(() => this.#db.prepare('SELECT * FROM transaction_log WHERE id = ?').get(id)) as
      | TransactionRow
      | undefined;
    if (row === undefined) throw new GuiseError('transaction_not_found', `Cannot find transaction ${id}`);
    return reportOf(row);
  }

  /** Durable when it returns. Nothing on the host may change before. */
  record(recording: Recording): void {
    this.#durably('record', () => {
      this.#keep(recording.blobs);
      this.#db
        .prepare(
          `INSERT INTO transaction_log (id, status, plan, layers_before, layers_after, started_at)
           VALUES (?, 'acting', ?, ?, ?, ?)`,
        )
        .run(
          recording.id,
          JSON.stringify(recording.plan),
          JSON.stringify(recording.layersBefore),
          JSON.stringify(recording.layersAfter),
          recording.startedAt,
        );
    });
  }

  /** Durable when it returns: the switch stands. `afterCommit` is what was recorded, with what packages turned out to provide. */
  commit(id: string, afterCommit: AfterCommit, blobs: ReadonlyMap<Digest, Uint8Array>, ending: Ending): void {
    const { layers_after } = this.#row(id);
    this.#durably('commit', () => {
      this.#keep(blobs);
      this.#end(id, 'committed', ending);
      this.#replaceLayers(JSON.parse(layers_after) as readonly Layer[]);
      this.#settle(afterCommit);
      this.#dropUnusedBlobs();
      this.#db
        .prepare('DELETE FROM transaction_log WHERE sequence <= (SELECT max(sequence) FROM transaction_log) - ?')
        .run(limits.historyEntries);
    });
  }

  /** Durable when it returns: the host is as it was before. */
  rolledBack(id: string, ending: Ending): void {
    this.#durably('rolled_back', () => {
      this.#end(id, 'rolled_back', ending);
      this.#dropUnusedBlobs();
    });
  }

  stuck(id: string, ending: Ending): void {
    this.#durably('stuck', () => this.#end(id, 'stuck', ending));
  }

  /** Remembers that services may have been told about the new files, without waiting for the disk: after a power cut none runs. */
  servicesBegun(id: string): void {
    this.#quickly('UPDATE transaction_log SET services_begun = 1 WHERE id = ?', id);
  }

  status(id: string, status: 'confirming' | 'undoing'): void {
    this.#quickly(`UPDATE transaction_log SET status = '${status}' WHERE id = ?`, id);
  }

  close(): void {
    this.#db.close();
  }

  #keep(blobs: ReadonlyMap<Digest, Uint8Array>): void {
    const insert = this.#db.prepare('INSERT OR IGNORE INTO blob (digest, bytes) VALUES (?, ?)');
    for (const [digest, bytes] of blobs)
      insert.run(digest, isKeyedDigest(digest) ? this.#key.encrypt(digest, bytes) : bytes);
  }

  #replaceLayers(layers: readonly Layer[]): void {
    this.#db.exec('DELETE FROM active_layer');
    const insert = this.#db.prepare('INSERT INTO active_layer (position, body) VALUES (?, ?)');
    for (const [position, layer] of layers.entries()) insert.run(position, JSON.stringify(layer));
  }

  #settle({ baselines, released, managed, provided }: AfterCommit): void {
    const keepBaseline = this.#db.prepare('INSERT OR IGNORE INTO baseline (address, state) VALUES (?, ?)');
    for (const [address, state] of baselines) keepBaseline.run(address, JSON.stringify(state));
    const manage = this.#db.prepare('INSERT OR REPLACE INTO managed (address, state) VALUES (?, ?)');
    for (const [address, state] of managed) manage.run(address, JSON.stringify(state));
    this.#db.exec('DELETE FROM provided');
    const provide = this.#db.prepare('INSERT INTO provided (address, state, package) VALUES (?, ?, ?)');
    for (const [address, state, by] of provided) provide.run(address, JSON.stringify(state), by);
    const forgetBaseline = this.#db.prepare('DELETE FROM baseline WHERE address = ?');
    const forgetManaged = this.#db.prepare('DELETE FROM managed WHERE address = ?');
    for (const address of released) {
      forgetBaseline.run(address);
      forgetManaged.run(address);
    }
  }

  #dropUnusedBlobs(): void {
    this.#db.exec(
      `DELETE FROM blob WHERE digest NOT IN (
         SELECT field.value FROM (SELECT state FROM baseline UNION ALL SELECT state FROM provided) AS past, json_each(past.state) AS field
         WHERE field.type = 'text' AND (field.value LIKE 'sha256:%' OR field.value LIKE 'hmac-sha256:%'))`,
    );
  }

  #end(id: string, status: TransactionStatus, { finishedAt, timingsMs, error }: Ending): void {
    this.#db
      .prepare('UPDATE transaction_log SET status = ?, finished_at = ?, timings_ms = ?, error = ? WHERE id = ?')
      .run(status, finishedAt, JSON.stringify(timingsMs), error === null ? null : JSON.stringify(error), id);
  }

  /** Whether anything here was written under the key. */
  #hasSecrets(): boolean {
    const sql = `SELECT EXISTS (SELECT 1 FROM blob WHERE digest LIKE 'hmac-sha256:%')
        OR EXISTS (SELECT 1 FROM managed WHERE state LIKE '%"hmac-sha256:%')
        OR EXISTS (SELECT 1 FROM baseline WHERE state LIKE '%"hmac-sha256:%')`;
    return Number(this.#column(sql)[0]) === 1;
  }

  #row(id: string): TransactionRow {
    return guarded(() =>
      this.#db.prepare('SELECT * FROM transaction_log WHERE id = ?').get(id),
    ) as unknown as TransactionRow;
  }

  #states(table: 'baseline' | 'managed'): ReadonlyMap<Address, State> {
    const rows = guarded(() => this.#db.prepare(`SELECT address, state FROM ${table} ORDER BY address`).all());
    return new Map(rows.map((row) => [row['address'] as Address, JSON.parse(row['state'] as string) as State]));
  }

  #column(sql: string): readonly string[] {
    return guarded(() => this.#db.prepare(sql).all()).map((row) => Object.values(row)[0] as string);
  }

  #durably(name: string, write: () => void): void {
    this.#point(`journal.${name}.before`);
    guarded(() => {
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        write();
        this.#point(`journal.${name}.written`);
        this.#db.exec('COMMIT');
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    });
    this.#point(`journal.${name}.after`);
  }

  #quickly(sql: string, id: string): void {
    guarded(() => {
      this.#db.exec('PRAGMA synchronous = NORMAL');
      this.#db.prepare(sql).run(id);
      this.#db.exec('PRAGMA synchronous = FULL');
    });
  }
}
