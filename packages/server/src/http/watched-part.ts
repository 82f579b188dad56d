/**
 * The part of the fleet that somebody watches: the hosts that his tags select, as they come and go.
 *
 * Invariant: what happens to a host is told while it is selected, and so is the change by which it comes or goes. Which hosts those are
 * is read once, and again for a host whose tags change; a signal that was lost is made good by `refresh`.
 */
export type ReadSelected = (among: readonly string[] | null) => Promise<ReadonlySet<string>>;

export class WatchedPart {
  readonly #read: ReadSelected;
  readonly #hosts = new Set<string>();
  #isRead = false;

  constructor(read: ReadSelected) {
    this.#read = read;
  }

  async refresh(): Promise<void> {
    const now = await this.#read(null);
    this.#hosts.clear();
    for (const host of now) this.#hosts.add(host);
    this.#isRead = true;
  }

  /** Of events in their order. */
  async covers(event: string, subject: string): Promise<boolean> {
    const host = hostOf(event, subject);
    if (host === null) return false;
    if (!this.#isRead) await this.refresh();
    const was = this.#hosts.has(host);
    if (event === 'host.tagged' || event === 'host.enrolled') {
      if ((await this.#read([host])).has(host)) this.#hosts.add(host);
      else this.#hosts.delete(host);
    }
    if (event === 'host.deleted') this.#hosts.delete(host);
    return was || this.#hosts.has(host);
  }
}

/** `h1`, `h1/drift:…`, `host/h1`; null for what is not about one host. */
function hostOf(event: string, subject: string): string | null {
  if (event.startsWith('host.')) return subject;
  if (event.startsWith('alert.')) return subject.slice(0, subject.indexOf('/'));
  if (event === 'assignment.changed' && subject.startsWith('host/')) return subject.slice('host/'.length);
  return null;
}
