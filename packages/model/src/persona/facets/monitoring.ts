/** How one sees that the persona works: probes, tests, metrics and thresholds. */
import { z } from 'zod';
import { argv, duration, integer, line, text } from '../formats.ts';

const comparison = z.strictObject({ at_least: z.number().optional(), at_most: z.number().optional() });

const healthCheck = z
  .strictObject({
    name: line.optional(),
    http: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
    tcp: text(/^.+:\d{1,5}$/, 'must be host:port, such as "localhost:5432"').optional(),
    command: argv.optional(),
    every: duration.optional(),
    fail_after: integer(1, 100).optional().describe('Failures in a row that make it fail.'),
  })
  .superRefine((check, context) => {
    const given = [check.http, check.tcp, check.command].filter((probe) => probe !== undefined).length;
    if (given === 1) return;
    context.addIssue({ code: 'custom', path: [], message: 'must have exactly one of "http", "tcp" and "command"' });
  });

const threshold = z.strictObject({
  metric: line,
  above: z.number().optional(),
  below: z.number().optional(),
  for: duration.optional(),
  alert: line.optional(),
});

export const monitoringFields = {
  health_checks: z
    .array(healthCheck)
    .optional()
    .describe('Probes that must succeed for a switch to stand, and after it.'),
  tests: z
    .array(z.strictObject({ name: line, command: argv, timeout: duration.optional() }))
    .optional()
    .describe('Commands that must exit 0 for a switch to stand.'),
  performance_metrics: z.record(z.string(), comparison).optional().describe('What the persona promises to hold.'),
  monitoring: z
    .strictObject({ metrics: z.array(line).optional(), thresholds: z.array(threshold).optional() })
    .optional(),
  monitoring_thresholds: z
    .array(z.strictObject({ metric: line, operator: z.enum(['=', '!=', '<', '<=', '>', '>=']), value: z.number() }))
    .optional()
    .describe('Limits that a pipeline run under this persona must keep.'),
};
