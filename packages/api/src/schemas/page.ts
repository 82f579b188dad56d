/** Long lists come in pages: `limit` items, and a cursor to pass back for the next. */
import { limits } from '@guise/model';
import { z } from 'zod';

/** Cursors are opaque to clients; here they are the last item's own sort key. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(limits.pageItems).default(100),
  cursor: z.string().max(256).optional(),
});

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}
