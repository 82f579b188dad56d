/**
 * The one body of every refusal, over HTTP and over the wire: `{error: {code, message, problems}}`.
 *
 * `code` is one of the model's; a reader that does not know it (an older client) takes the HTTP status instead.
 */
import type { Problem } from '@guise/model';
import { z } from 'zod';

/** Only `suggestion` may be absent; `exactOptionalPropertyTypes` wants it absent rather than undefined. */
export const problem = z.object({
  file: z.string(),
  line: z.number(),
  column: z.number(),
  path: z.string(),
  rule: z.string(),
  message: z.string(),
  suggestion: z.string().exactOptional(),
}) satisfies z.ZodType<Problem>;

export const errorBody = z
  .object({ error: z.object({ code: z.string(), message: z.string(), problems: z.array(problem) }) })
  .meta({ id: 'ErrorBody' });

export type ErrorBody = z.output<typeof errorBody>;
