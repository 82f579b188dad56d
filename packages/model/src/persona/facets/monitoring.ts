/** How one sees that the persona works: probes, tests, metrics and thresholds; and what becomes of somebody else's changes. */
import { z } from 'zod';
import { absolutePath, argv, duration, integer, line, text } from '../formats.ts';
import { isPattern } from '../parameter-rule.ts';

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

const interval = text(
  /^0*(?:[1-9]\d{3,6}ms|(?:[1-9]|[1-9]\d|[1-9]\d\d|[12]\d{3}|3[0-5]\d\d|3600)s|(?:[1-9]|[1-5]\d|60)m|1h)$/,
  'must be a duration from 1s to 1h, such as "10s"',
);

const metricFile = z.strictObject({
  file: absolutePath,
  pattern: z
    .string()
    .max(200)
    .refine(isPattern, 'must be an RE2 regular expression, without look-around or back-references')
    .describe('RE2; its first group is the number, or all that matches when it has none.'),
});

const metricEndpoint = z.strictObject({
  prometheus: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .describe('Where the text format is served, such as "http://localhost:9100/metrics".'),
  metric: text(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'must be the name of a Prometheus metric'),
  labels: z.record(text(/^[a-zA-Z_]\w*$/, 'must be a label name'), line).optional(),
});

const metric = z
  .strictObject({
    name: line.describe('One that hosts have, or with "from" a new one in lower-case letters, digits and "_".'),
    every: interval.optional().describe('10s when absent.'),
    from: z.union([metricFile, metricEndpoint], 'must be {file, pattern} or {prometheus, metric}').optional(),
  })
  .superRefine(({ name, from }, context) => {
    if (from === undefined || /^[a-z][a-z0-9_]{0,63}$/.test(name)) return;
    context.addIssue({
      code: 'custom',
      path: ['name'],
      message: 'must be lower-case letters, digits or "_", at most 64',
    });
  });

const threshold = z
  .strictObject({
    metric: line,
    above: z.number().optional(),
    below: z.number().optional(),
    for: duration.optional(),
    alert: text(/^[^\r\n]{1,64}$/, 'must be 1 to 64 characters, such as "page"')
      .optional()
      .describe('How severe the alert is; "warning" when absent.'),
  })
  .superRefine(({ above, below }, context) => {
    if ((above === undefined) !== (below === undefined)) return;
    context.addIssue({ code: 'custom', path: [], message: 'must have either "above" or "below"' });
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
    .strictObject({
      metrics: z
        .array(z.union([line, metric], 'must be the name of a metric, or {name, every, from}'))
        .max(200)
        .optional()
        .describe('What is measured while the persona is a candidate, beside what triggers and thresholds name.'),
      thresholds: z.array(threshold).max(200).optional().describe('Raise an alert while they hold.'),
      drift: z
        .enum(['enforce', 'leave', 'alert'])
        .optional()
        .describe("What becomes of somebody else's change to what the persona manages; alert when absent."),
    })
    .optional(),
  monitoring_thresholds: z
    .array(z.strictObject({ metric: line, operator: z.enum(['=', '!=', '<', '<=', '>', '>=']), value: z.number() }))
    .optional()
    .describe('Limits that a pipeline run under this persona must keep.'),
};
