/** What runs: units, timers, and commands for what no other facet covers. */
import { z } from 'zod';
import { accountName, argv, bounded, id, integer, listOf, positive, text, unitName } from '../formats.ts';

const amount = () => z.union([positive(), bounded], 'must be a number above 0, {at_least: N} or {at_most: N}');
const addressGlob = text(
  /^[a-z_]+:[ -~\u00a0-\uffff]+$/,
  'must be an address such as "file:/etc/nginx/nginx.conf", or one with a glob such as "file:/etc/nginx/**"',
);

const limitsOfUnit = z.strictObject({
  cpu_quota_percent: amount().optional().describe('100 is one core.'),
  memory_max_mb: amount().optional(),
  tasks_max: z
    .union([z.int().positive(), bounded], 'must be a whole number above 0, {at_least: N} or {at_most: N}')
    .optional(),
  io_weight: integer(1, 10_000).optional(),
});

const service = z.strictObject({
  state: z.enum(['running', 'stopped']).optional(),
  enabled: z.boolean().optional().describe('Whether it starts with the machine.'),
  masked: z.boolean().optional(),
  unit: z.string().optional().describe('The whole unit file; without it the unit comes from a package.'),
  drop_ins: z.record(text(/^[A-Za-z0-9_.-]+\.conf$/, 'must be a file name ending in .conf'), z.string()).optional(),
  reload_on: listOf(addressGlob).optional().describe('Addresses whose change makes the service reload.'),
  restart_on: listOf(addressGlob).optional().describe('Addresses whose change makes the service restart.'),
  limits: limitsOfUnit.optional(),
});

const timer = z.strictObject({
  on_calendar: text(/^[A-Za-z0-9 *:~,./_+-]+$/, 'must be a calendar expression of systemd.time(7)').describe(
    'systemd.time(7), such as "daily" or "Mon *-*-* 03:00".',
  ),
  command: argv,
  user: accountName.optional(),
  persistent: z.boolean().optional().describe('Whether a run that was missed is made up for.'),
});

export const serviceFields = {
  services: z.record(unitName, service).optional().describe('systemd units by name.'),
  timers: z.record(text(/^[A-Za-z0-9_-]+$/, 'must be a timer name without suffix'), timer).optional(),
  commands: z
    .array(z.strictObject({ name: id, check: argv, do: argv, undo: argv.optional() }))
    .optional()
    .describe('Last resort: "check" exits 0 when "do" has been done; "undo" takes it back.'),
};
