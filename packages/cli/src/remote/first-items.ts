/** The first items of a list that comes in pages. */
import { limits } from '@guise/model';

export async function firstItems<Item>(
  count: number,
  page: (query: {
    readonly limit: number;
    readonly cursor?: string;
  }) => Promise<{ readonly items: readonly Item[]; readonly next_cursor: string | null }>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let cursor: string | null | undefined; items.length < count && cursor !== null; ) {
    const limit = Math.min(count - items.length, limits.pageItems);
    const answer = await page({ limit, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...answer.items);
    cursor = answer.next_cursor;
  }
  return items;
}
