/**
 * When a persona comes and goes: trees of `any`, `all` and `not` over four kinds of triggers, and what keeps it from flapping.
 *
 * Shapes only. What needs more than the document's own words (cron patterns, zones, CEL, the names of metrics) is checked by
 * decide/triggers when a persona is published.
 * Source: ../shared/source-documents/instances-10846115.txt; docs/adr/0012-triggers-are-levels.md.
 */
import { z } from 'zod';
import { durationMs } from '../../duration.ts';
import { integer, line, text } from '../formats.ts';

const elapsedPattern = /^[1-9]\d{0,8}(ms|s|m|h|d)$/;
const yearMs = durationMs('366d');
const elapsed = text(elapsedPattern, 'must be a number above 0 and ms, s, m, h or d, such as "30s"').refine(
  (duration) => !elapsedPattern.test(duration) || durationMs(duration) <= yearMs,
  'must be at most 366d',
);
const daysPattern = /^(?:mon|tue|wed|thu|fri|sat|sun)(?:-(?:mon|tue|wed|thu|fri|sat|sun))?$/;
const edgePattern = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00|\d{4}-\d\d-\d\d(?:T(?:[01]\d|2[0-3]):[0-5]\d)?)$/;
const edge = text(edgePattern, 'must be a time such as "22:00", or a date such as "2026-12-24" or "2026-12-24T18:00"');

const window = z
  .strictObject({
    from: edge,
    to: edge.describe('Exclusive. A time that is not after "from" is on the next day.'),
    days: z
      .array(text(daysPattern, 'must be a day or days, such as "mon" or "mon-fri"'))
      .min(1)
      .max(7)
      .optional()
      .describe('Days on which the window begins; every day when absent.'),
  })
  .superRefine(({ from, to, days }, context) => {
    const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    const isDated = from.length > 5;
    if (isDated !== to.length > 5) refuse('to', 'must be a date when "from" is one, and a time when "from" is one');
    else if (isDated && to <= from) refuse('to', 'must be after "from"');
    else if (from === to) refuse('to', 'must differ from "from"; "00:00" to "24:00" is a whole day');
    if (from === '24:00') refuse('from', 'must be before "24:00"');
    if (isDated && days !== undefined) refuse('days', 'must be left out of a window between dates');
  });

const timeSchedule = z
  .strictObject({
    cron: line.optional().describe('When it begins: minute, hour, day of month, month, day of week.'),
    duration: elapsed.optional().describe('Elapsed time, whatever the clocks do meanwhile.'),
    windows: z.array(window).min(1).max(100).optional(),
    zone: line.optional().describe("IANA time zone, such as Europe/Paris; the host's own when absent."),
  })
  .superRefine(({ cron, duration, windows }, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if ((cron === undefined) === (windows === undefined)) refuse([], 'must have either "cron" or "windows"');
    if (cron !== undefined && duration === undefined) refuse(['duration'], 'must say how long the window lasts');
    if (windows !== undefined && duration !== undefined) refuse(['duration'], 'must be left out beside "windows"');
  });

const threshold = z
  .strictObject({
    metric: line.describe(
      'Such as cpu_utilization, disk_utilization:/var, memory_bytes@nginx.service, or one of "monitoring".',
    ),
    above: z.number().optional(),
    below: z.number().optional(),
    for: elapsed.optional().describe('Met by the sample that is as much later than the first that qualified.'),
  })
  .superRefine(({ above, below }, context) => {
    if ((above === undefined) !== (below === undefined)) return;
    context.addIssue({ code: 'custom', path: [], message: 'must have either "above" or "below"' });
  });

const eventSubscription = z.strictObject({
  type: line.min(1).describe('Of the CloudEvent; a star at the end stands for any rest.'),
  source: line.min(1).optional(),
  where: z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .describe('CEL over "event": its attributes, and the fields of its data.'),
  for: elapsed.optional().describe('How long an event holds; without it, until the switch that it asks for.'),
  once_within: elapsed.optional().describe('Further events this soon after one that counted are nothing.'),
  accumulate: z
    .strictObject({ count: integer(2, 1000), within: elapsed })
    .optional()
    .describe('Holds once so many events came within the time.'),
});

const userProfile = z
  .strictObject({ user: line.min(1).optional(), group: line.min(1).optional() })
  .superRefine(({ user, group }, context) => {
    if ((user === undefined) !== (group === undefined)) return;
    context.addIssue({ code: 'custom', path: [], message: 'must have either "user" or "group"' });
  });

export interface Trigger {
  readonly any?: readonly Trigger[] | undefined;
  readonly all?: readonly Trigger[] | undefined;
  readonly not?: Trigger | undefined;
  readonly time_schedule?: z.infer<typeof timeSchedule> | undefined;
  readonly resource_utilization_thresholds?: z.infer<typeof threshold> | undefined;
  readonly external_event_subscriptions?: z.infer<typeof eventSubscription> | undefined;
  readonly user_profile_association?: z.infer<typeof userProfile> | undefined;
}

const trigger: z.ZodType<Trigger> = z
  .strictObject({
    get any() {
      return z.array(trigger).min(1).max(100).optional();
    },
    get all() {
      return z.array(trigger).min(1).max(100).optional();
    },
    get not() {
      return trigger.optional();
    },
    time_schedule: timeSchedule.optional(),
    resource_utilization_thresholds: threshold.optional(),
    external_event_subscriptions: eventSubscription.optional(),
    user_profile_association: userProfile.optional(),
  })
  .superRefine((node, context) => {
    if (Object.keys(node).length === 1) return;
    context.addIssue({ code: 'custom', path: [], message: 'must have exactly one key: any, all, not or one trigger' });
  });

/** A list is the source document's form of `any`. */
const triggers = z.union(
  [trigger, z.array(trigger).min(1).max(100)],
  'must be a trigger, or a list of which any may hold',
);

export const triggerFields = {
  activation_triggers: triggers.optional().describe('The persona comes when this holds.'),
  deactivation_triggers: triggers
    .optional()
    .describe('An active persona stays until this holds; without it, until "activation_triggers" no longer hold.'),
  cooldown: elapsed.optional().describe('After it left, the persona stays away at least as long.'),
  min_active: elapsed.optional().describe('Once it came, the persona stays at least as long.'),
  max_switches_per_hour: integer(2, 3600)
    .optional()
    .describe(
      'Comings and goings within any hour; past them the persona does not come, and never is one kept from going.',
    ),
};
