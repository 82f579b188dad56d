/**
 * Who is due when: a binary heap that forgets lazily, so that moving an item on costs nothing.
 *
 * Shape: items with one due time each → those whose time has come, earliest first, equal times in the order of their coming.
 * Invariant: an item stands in the heap once for each time it was moved *earlier*, and otherwise once, so a flood that moves items on
 * does not grow it.
 */
export class DueQueue<Item> {
  readonly #heap: { readonly dueMs: number; readonly order: number; readonly item: Item }[] = [];
  /** When an item is due, and the due time of its earliest place in the heap. */
  readonly #times = new Map<Item, { dueMs: number; queuedMs: number }>();
  #order = 0;

  /** Infinity: never. */
  set(item: Item, dueMs: number): void {
    const times = this.#times.get(item);
    if (dueMs === Number.POSITIVE_INFINITY) {
      if (times !== undefined) times.dueMs = dueMs;
      return;
    }
    if (times !== undefined && times.queuedMs <= dueMs) {
      times.dueMs = dueMs;
      return;
    }
    this.#times.set(item, { dueMs, queuedMs: dueMs });
    this.#push(item, dueMs);
  }

  delete(item: Item): void {
    this.#times.delete(item);
  }

  clear(): void {
    this.#heap.length = 0;
    this.#times.clear();
  }

  /** Takes out one item that is due at `atMs`, or null. */
  takeDue(atMs: number): Item | null {
    const item = this.#first();
    if (item === null || this.#heap[0]!.dueMs > atMs) return null;
    this.#pop();
    this.#times.delete(item);
    return item;
  }

  nextMs(): number | null {
    return this.#first() === null ? null : this.#heap[0]!.dueMs;
  }

  /** The first item at its true due time. Places that no longer count are dropped on the way. */
  #first(): Item | null {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      const times = this.#times.get(top.item);
      if (times?.queuedMs === top.dueMs && times.dueMs === top.dueMs) return top.item;
      this.#pop();
      if (times?.queuedMs !== top.dueMs) continue;
      if (times.dueMs === Number.POSITIVE_INFINITY) this.#times.delete(top.item);
      else {
        times.queuedMs = times.dueMs;
        this.#push(top.item, times.dueMs);
      }
    }
    return null;
  }

  #push(item: Item, dueMs: number): void {
    const heap = this.#heap;
    heap.push({ dueMs, order: this.#order, item });
    this.#order += 1;
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= heap.length) return;
      const child = left + 1 < heap.length && this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#isBefore(child, at)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one]!, this.#heap[other]!];
    return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
  }

  #swap(one: number, other: number): void {
    [this.#heap[one], this.#heap[other]] = [this.#heap[other]!, this.#heap[one]!];
  }
}
