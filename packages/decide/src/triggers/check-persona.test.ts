import { GuiseError } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import { describe, expect, it } from 'vitest';
import { checkPersona } from './read-triggers.ts';
import { triggersOf } from './triggers-of.ts';

const head = 'guise: persona/v1\npersona_id: p\n';

async function problemsOf(text: string, parent?: string): Promise<readonly string[]> {
  const ancestors =
    parent === undefined ? [] : [parseDocument(head.replace('p\n', 'parent\n') + parent, 'parent.yaml')];
  try {
    await checkPersona({ own: parseDocument(head + text, 'p.yaml'), ancestors });
    return [];
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    return error.problems.map(({ message }) => message);
  }
}

const metric = (rest: string) => `activation_triggers:\n  resource_utilization_thresholds: {${rest}}\n`;
const schedule = (rest: string) => `activation_triggers:\n  time_schedule: {${rest}}\n`;
const where = (text: string) =>
  `activation_triggers:\n  external_event_subscriptions: {type: a, for: 1h, where: ${JSON.stringify(text)}}\n`;

describe('a persona with triggers', () => {
  it.each([
    metric('metric: cpu, above: 0.8'),
    metric('metric: "disk_utilization:/var", above: 0.8'),
    metric('metric: "memory_bytes@nginx.service", above: 1e9'),
    metric('metric: "network:eth0", above: 1e6'),
    `${metric('metric: queue_length, above: 100')}monitoring: {metrics: [{name: queue_length, from: {file: /run/q, pattern: "\\\\d+"}}]}`,
    metric('metric: "{{ instance }}", above: 0.8'),
    schedule('cron: "0 8 * * 1-5", duration: 10h, zone: Europe/Paris'),
    schedule('windows: [{from: "22:00", to: "06:00", days: [mon-fri, sun]}]'),
    where('event.severity >= 7 && event.type.startsWith("security.")'),
    where('has(event.region) && event.hosts.exists(h, h == "web-1") && size(event.hosts) < 100'),
    where('event.data.level in ["high", "critical"] ? true : event.count > 3.5'),
    where('event.severity'),
    'performance_metrics: {latency_p95_ms: {at_most: 50}, requests_per_second: {at_least: 1000}}',
    'performance_metrics: {cpu_utilization: {at_most: 0.8, at_least: 0.1}, "memory@nginx.service": {at_most: 1e9}}',
    'performance_metrics: {lag: {at_most: 50}}\nmonitoring: {metrics: [{name: lag, from: {file: /run/lag, pattern: "\\\\d+"}}]}',
    'activation_triggers: [{external_event_subscriptions: {type: a, accumulate: {count: 5, within: 10m}}}]',
  ])('is fine: %s', async (text) => {
    expect(await problemsOf(text)).toEqual([]);
  });

  it.each([
    [
      metric('metric: cpu_utilisation, above: 0.8'),
      'Cannot set "activation_triggers.resource_utilization_thresholds.metric": the value must be a metric that hosts have, or one that "monitoring.metrics" defines, and it is "cpu_utilisation"; did you mean "cpu_utilization"? (p.yaml:4:37)',
    ],
    [
      metric('metric: "load_1m:eth0", above: 3'),
      'Cannot set "activation_triggers.resource_utilization_thresholds.metric": the value must be a metric that hosts have, METRIC:PART or METRIC@UNIT where it has such, or one that "monitoring.metrics" defines, and it is "load_1m:eth0"; did you mean "load_1m"? (p.yaml:4:37)',
    ],
    [
      metric('metric: cpu, above: 80'),
      'Cannot set "activation_triggers.resource_utilization_thresholds.above": the value must be from 0 to 1, because cpu_utilization is a share of the whole, and it is 80; did you mean 0.8? (p.yaml:4:50)',
    ],
    [
      schedule('cron: "0 0 30 2 *", duration: 1h'),
      'Cannot set "activation_triggers.time_schedule.cron": the value must match some instant, and no date is like that, and it is "0 0 30 2 *" (p.yaml:4:19)',
    ],
    [
      schedule('cron: "0 25 * * *", duration: 1h'),
      'Cannot set "activation_triggers.time_schedule.cron": the value must be a cron pattern of five fields, such as "0 8 * * 1-5" (Invalid value for hour: 25), and it is "0 25 * * *" (p.yaml:4:19)',
    ],
    [
      schedule('cron: "0 8 * * *", duration: 1h, zone: Europe/Pariss'),
      'Cannot set "activation_triggers.time_schedule.zone": the value must be an IANA time zone, and it is "Europe/Pariss"; did you mean "Europe/Paris"? (p.yaml:4:52)',
    ],
    [
      'activation_triggers: {external_event_subscriptions: {type: a}}',
      'Cannot set "activation_triggers.external_event_subscriptions.for": the value must say how long it holds, because there are no "deactivation_triggers" (p.yaml:3:23)',
    ],
    [
      `deactivation_triggers:\n  user_profile_association: {user: alice}\n`,
      'Cannot set "deactivation_triggers": the value must stand beside "activation_triggers", without which a persona is always active (p.yaml:3:1)',
    ],
    [
      'monitoring:\n  metrics: [cpu, memori]\n  thresholds: [{metric: swap_utilization, above: 50}]\n',
      'Cannot set "monitoring.metrics.1": the value must be a metric that hosts have, or one that "monitoring.metrics" defines, and it is "memori"; did you mean "memory"? (p.yaml:4:18)',
    ],
    [
      'performance_metrics: {lod_1m: {at_most: 3}}',
      'Cannot set "performance_metrics.lod_1m": the value must be a metric that hosts have, or one that "monitoring.metrics" defines, and it is "lod_1m"; did you mean "load_1m"? (p.yaml:3:23)',
    ],
    [
      'performance_metrics: {cpu: {at_most: 80}}',
      'Cannot set "performance_metrics.cpu.at_most": the value must be from 0 to 1, because cpu_utilization is a share of the whole, and it is 80; did you mean 0.8? (p.yaml:3:29)',
    ],
    [
      'performance_metrics: {memory: {}}',
      'Cannot set "performance_metrics.memory": the value must have "at_least" or "at_most", and it is {} (p.yaml:3:23)',
    ],
    [
      'performance_metrics: {disk: {at_least: 0.5, at_most: 0.4}}',
      'Cannot set "performance_metrics.disk.at_least": the value must be at most what "at_most" says, 0.4, and it is 0.5 (p.yaml:3:30)',
    ],
    [
      'monitoring: {metrics: [{name: cpu, from: {file: /x, pattern: a}}]}',
      'Cannot set "monitoring.metrics.0.name": the value must not be the name of a metric that hosts have, and it is "cpu" (p.yaml:3:25)',
    ],
  ])('is refused: %s', async (text, message) => {
    expect((await problemsOf(text))[0]).toBe(message);
  });

  it.each([
    ['event.severity >=', /CEL condition; found .* at character \d+, and/],
    ['event.type', /true or false, and it is of type string/],
    ['size(event.type)', /true or false, and it is of type int/],
    ['event.type > 5', /">" does not take string and int/],
    ['event.type == 5', /"==" does not take string and int at character 12/],
    ['1 + "a" == "b"', /"\+" does not take int and string/],
    ['evnt.severity > 5', /there is no "evnt", did you mean event at character 1,/],
    ['event.type.startWith("a")', /there is no function "startWith", did you mean startsWith/],
    ['event.type.foo == 1', /a string has no field "foo"/],
    ['event.xs.all(x, event.ys.all(y, event.zs.all(z, z > x)))', /loops may be 2 deep/],
    ['event.xs.all(x, event.ys.all(y, y in event.zs))', /loops may be 2 deep/],
    ['event.type && true', /"&&" does not take string and bool/],
    ['Message{a: 1} == event', /there is no type "Message"/],
    ['true\n|| event.source < 3', /at line 2, character \d+ of it/],
  ])('may not have the ill-typed condition %s', async (text, message) => {
    const [problem] = await problemsOf(where(text));
    expect(problem).toMatch(message);
    expect(problem).toMatch(/\(p\.yaml:4:\d+\)$/);
  });

  it('reports every problem, of its parents too, each where it stands', async () => {
    const parent = 'deactivation_triggers: {resource_utilization_thresholds: {metric: cpus, below: 0.5}}\n';
    const problems = await problemsOf(schedule('cron: "x", duration: 1h, zone: Nowhere/City'), parent);
    expect(problems.map((message) => message.slice(message.lastIndexOf('(')))).toEqual([
      '(p.yaml:4:19)',
      '(p.yaml:4:44)',
      '(parent.yaml:3:59)',
    ]);
  });

  it('inherits what it does not say itself', async () => {
    const triggers = await triggersOf(`${metric('metric: cpu, above: 0.8')}cooldown: 90s\nmax_switches_per_hour: 4\n`);
    expect(triggers).toMatchObject({ cooldownMs: 90_000, minActiveMs: 0, maxSwitchesPerHour: 4, deactivation: null });
  });

  it('means the zone of its host where it names none', async () => {
    const text = schedule('cron: "0 8 * * *", duration: 1h');
    const [paris, utc] = [await triggersOf(text, { timezone: 'Europe/Paris' }), await triggersOf(text)];
    expect(paris.key).not.toBe(utc.key);
    expect(paris.activation).toMatchObject({ text: 'the schedule 0 8 * * * for 1h (Europe/Paris)' });
  });
});

describe('a condition', () => {
  it('sees the attributes of the event, and the fields of its data where no attribute has the name', async () => {
    const { activation } = await triggersOf(
      where('event.severity >= 7 && event.type == "a" && event.data.type == 1.0'),
    );
    if (activation.type !== 'event') throw new Error('not an event');
    const event = { specversion: '1.0', id: '1', source: 's', type: 'a' } as const;
    expect(activation.where?.({ ...event, data: { severity: 8, type: 1 } })).toBe(true);
    expect(activation.where?.({ ...event, severity: 8, data: { severity: 1, type: 1 } })).toBe(true);
    expect(activation.where?.({ ...event, data: 'text' })).toBe(false);
    expect(activation.where?.(event)).toBe(false);
  });

  it('holds in no event that is too large to look at', async () => {
    const { activation } = await triggersOf(
      where('event.xs.exists(x, event.xs.exists(y, x + y < 0.0)) || event.xs[0] == 1.0'),
    );
    if (activation.type !== 'event') throw new Error('not an event');
    const event = (length: number) => ({
      specversion: '1.0' as const,
      id: '1',
      source: 's',
      type: 'a',
      data: { xs: Array.from({ length }, () => 1) },
    });
    expect([10, 1_000_000].map((length) => activation.where?.(event(length)))).toEqual([true, false]);
  });
});
