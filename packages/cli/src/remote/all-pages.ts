/** Every item of a list that comes in pages. Bounded by `pagesMax`, past which the list is cut: nobody reads more on a terminal. */
import { limits } from '@guise/model';

const pagesMax = 200;

export async function allPages<Item>(
  page: (query: {
    readonly limit: number;
    readonly cursor?: string;
  }) => Promise<{ readonly items: readonly Item[]; readonly next_cursor: string | null }>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < pagesMax; pages++) {
    const answer = await page({ limit: limits.pageItems, ...(cursor === null ? {} : { cursor }) });
    items.push(...answer.items);
    cursor = answer.next_cursor;
    if (cursor === null) break;
  }
  return items;
}
