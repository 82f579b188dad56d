/**
 * Which process of ours does what only one may do at a time: whoever has a turn keeps it until it ends or lets go.
 *
 * A turn is a lock of PostgreSQL that lasts as long as this connection, which nothing else uses. A process that is killed, or whose
 * connection breaks, has no turns any more, and another takes them. It may not hear of that at once: what two do for a moment must do
 * no harm, as when both only make things what they should be.
 * Throws: `database_unavailable`.
 */
import { GuiseError, limits } from '@guise/model';
import pg from 'pg';

export class Turns {
  readonly #url: string;
  readonly #mine = new Set<string>();
  #client: pg.Client | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  /** Those of the named ones that are this process's now; it lets go of all others. */
  async take(names: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    if (names.size === 0 && this.#client === null) return this.#mine;
    try {
      await this.#takeAll(await this.#connected(), names);
    } catch (cause) {
      void this.#forget();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new GuiseError('database_unavailable', `Cannot take turns: ${reason}`, { cause });
    }
    return new Set(this.#mine);
  }

  async close(): Promise<void> {
    await this.#forget();
  }

  /** Asks also when nothing is to be taken, since that tells whether the connection stands. */
  async #takeAll(client: pg.Client, names: ReadonlySet<string>): Promise<void> {
    const leaving = [...this.#mine].filter((name) => !names.has(name));
    const wanted = [...names].filter((name) => !this.#mine.has(name));
    const { rows } = await client.query<{ name: string; taken: boolean }>(
      `select name, pg_try_advisory_lock(hashtextextended('turn/' || name, 0)) as taken from unnest($1::text[]) as name`,
      [wanted],
    );
    for (const { name, taken } of rows) if (taken) this.#mine.add(name);
    if (leaving.length === 0) return;
    await client.query(
      `select pg_advisory_unlock(hashtextextended('turn/' || name, 0)) from unnest($1::text[]) as name`,
      [leaving],
    );
    for (const name of leaving) this.#mine.delete(name);
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== null) return this.#client;
    const client = new pg.Client({
      connectionString: this.#url,
      keepAlive: true,
      query_timeout: limits.turnTimeoutMs,
      connectionTimeoutMillis: limits.turnTimeoutMs,
    });
    const broken = () => {
      if (this.#client === client) void this.#forget();
    };
    client.on('error', broken);
    client.on('end', broken);
    await client.connect();
    this.#client = client;
    return client;
  }

  async #forget(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    this.#mine.clear();
    // A connection that broke cannot be ended in good order.
    await client?.end().catch(() => undefined);
  }
}
