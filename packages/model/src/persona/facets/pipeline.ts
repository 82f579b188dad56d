/** How a pipeline should behave under the persona. */
import { z } from 'zod';
import { line } from '../formats.ts';

const weight = z.number().min(0, 'must be a number from 0 to 1').max(1, 'must be a number from 0 to 1');

export const pipelineFields = {
  constraints: z
    .array(
      z.strictObject({
        parameter: line,
        operator: z.enum(['=', '!=', '<', '<=', '>', '>=', 'in', 'not_in']),
        value: z.unknown(),
      }),
    )
    .optional()
    .describe('What a pipeline may choose.'),
  optimization_goals: z.array(z.strictObject({ metric: line, weight })).optional(),
  risk_tolerance: z.enum(['low', 'medium', 'high']).optional(),
};
