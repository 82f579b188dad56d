/**
 * Reads the trees of one persona: every word of them becomes what the engine evaluates, or a problem with its place.
 *
 * Where `templates` may still stand (before rendering) a leaf that has one is left for later.
 */
import { durationMs, isTemplate, type LocatedDocument, nearName, type Trigger } from '@guise/model';
import type {
  Condition,
  EventLeaf,
  ScheduleLeaf,
  ThresholdLeaf,
  TriggerLeaf,
  TriggerNode,
  UserLeaf,
} from './compiled.ts';
import type { DocumentChecks } from './document-checks.ts';
import type { Said } from './effective-triggers.ts';
import { cronRule, cronSchedule, type Schedule, type Window, windowSchedule } from './schedule.ts';
import type { Zones } from './zones.ts';

/** What `condition.ts` has; it is loaded only when it is needed. */
export interface ConditionLanguage {
  conditionRule(text: string): string | null;
  conditionOf(text: string): Condition;
}

export interface ReaderOptions {
  readonly checks: DocumentChecks;
  /** For schedules that name no zone. */
  readonly hostZone: string;
  readonly zones: Zones;
  /** Null when no leaf has a `where`. */
  readonly conditions: ConditionLanguage | null;
  /** Whether events must say how long they hold. */
  readonly eventsNeedEnd: boolean;
}

type Leaf<Key extends keyof Trigger> = NonNullable<Trigger[Key]>;

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export class TriggerReader {
  readonly #located: LocatedDocument;
  readonly #options: ReaderOptions;

  constructor(located: LocatedDocument, options: ReaderOptions) {
    this.#located = located;
    this.#options = options;
  }

  /** Null when something was reported, or has to wait for rendering. */
  read({ value }: Said<Trigger | readonly Trigger[]>, path: string): TriggerNode | null {
    return 'map' in value ? this.#tree('any', value, path) : this.#node(value, path);
  }

  #node(trigger: Trigger, path: string): TriggerNode | null {
    if (trigger.any !== undefined) return this.#tree('any', trigger.any, `${path}.any`);
    if (trigger.all !== undefined) return this.#tree('all', trigger.all, `${path}.all`);
    if (trigger.not !== undefined) {
      const of = this.#node(trigger.not, `${path}.not`);
      return of === null ? null : { type: 'not', of };
    }
    return hasTemplate(trigger) ? null : this.#leaf(trigger, path);
  }

  #tree(type: 'any' | 'all', triggers: readonly Trigger[], path: string): TriggerNode | null {
    const of = triggers.map((trigger, index) => this.#node(trigger, `${path}.${index}`));
    return of.includes(null) ? null : { type, of: of.filter((node) => node !== null) };
  }

  #leaf(trigger: Trigger, path: string): TriggerLeaf | null {
    const at = (key: keyof Trigger) => `${path}.${key}`;
    if (trigger.time_schedule !== undefined) return this.#schedule(trigger.time_schedule, at('time_schedule'));
    if (trigger.resource_utilization_thresholds !== undefined)
      return this.#threshold(trigger.resource_utilization_thresholds, at('resource_utilization_thresholds'));
    if (trigger.external_event_subscriptions !== undefined)
      return this.#event(trigger.external_event_subscriptions, at('external_event_subscriptions'));
    return trigger.user_profile_association === undefined
      ? null
      : userLeaf(trigger.user_profile_association, at('user_profile_association'));
  }

  #schedule(leaf: Leaf<'time_schedule'>, path: string): ScheduleLeaf | null {
    const { checks, hostZone, zones } = this.#options;
    const { cron, duration, windows, zone = hostZone } = leaf;
    const rule = cron === undefined ? null : cronRule(cron, zones);
    if (rule !== null) checks.report(this.#located, `${path}.cron`, rule, cron);
    const isZoneKnown = leaf.zone === undefined || zones.isZone(leaf.zone);
    if (!isZoneKnown) {
      const near = nearName(zone, Intl.supportedValuesOf('timeZone'));
      const suggestion = near === undefined ? undefined : JSON.stringify(near);
      checks.report(this.#located, `${path}.zone`, 'must be an IANA time zone', zone, suggestion);
    }
    if (rule !== null || !isZoneKnown) return null;
    const [schedule, words] = scheduleOf({ cron, duration, windows }, zone, zones);
    return {
      type: 'schedule',
      path,
      schedule,
      key: JSON.stringify([leaf, zone]),
      text: `the schedule ${words} (${zone})`,
    };
  }

  #threshold(leaf: Leaf<'resource_utilization_thresholds'>, path: string): ThresholdLeaf | null {
    const metric = this.#options.checks.threshold(this.#located, path, leaf);
    if (metric === null) return null;
    const forMs = leaf.for === undefined ? 0 : durationMs(leaf.for);
    const [comparison, bound] =
      leaf.above === undefined ? (['below', leaf.below!] as const) : (['above', leaf.above] as const);
    return { type: 'threshold', path, metric, comparison, bound, forMs };
  }

  #event(leaf: Leaf<'external_event_subscriptions'>, path: string): EventLeaf | null {
    const { checks, conditions, eventsNeedEnd } = this.#options;
    const { accumulate, where } = leaf;
    const isOpen = leaf.for === undefined && accumulate === undefined;
    if (isOpen && eventsNeedEnd) {
      checks.report(
        this.#located,
        `${path}.for`,
        'must say how long it holds, because there are no "deactivation_triggers"',
      );
    }
    const rule = where === undefined ? null : (conditions?.conditionRule(where) ?? null);
    if (rule !== null) checks.report(this.#located, `${path}.where`, rule, where);
    if (rule !== null || (isOpen && eventsNeedEnd)) return null;
    return {
      type: 'event',
      path,
      eventType: leaf.type,
      source: leaf.source ?? null,
      where: where === undefined || conditions === null ? null : conditions.conditionOf(where),
      forMs: leaf.for === undefined ? null : durationMs(leaf.for),
      onceWithinMs: leaf.once_within === undefined ? 0 : durationMs(leaf.once_within),
      accumulate:
        accumulate === undefined ? null : { count: accumulate.count, withinMs: durationMs(accumulate.within) },
    };
  }
}

/** Whether any leaf has a CEL condition. */
export function hasCondition(trigger: Trigger | readonly Trigger[]): boolean {
  if ('map' in trigger) return trigger.some(hasCondition);
  const inner = [...(trigger.any ?? []), ...(trigger.all ?? []), ...(trigger.not === undefined ? [] : [trigger.not])];
  return trigger.external_event_subscriptions?.where !== undefined || inner.some(hasCondition);
}

function hasTemplate(value: unknown): boolean {
  if (typeof value === 'string') return isTemplate(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasTemplate);
}

function userLeaf({ user, group }: Leaf<'user_profile_association'>, path: string): UserLeaf {
  return user === undefined
    ? { type: 'user', path, by: 'group', name: group ?? '' }
    : { type: 'user', path, by: 'user', name: user };
}

function scheduleOf(
  { cron, duration, windows }: Leaf<'time_schedule'>,
  zone: string,
  zones: Zones,
): readonly [schedule: Schedule, words: string] {
  if (cron !== undefined && duration !== undefined) {
    return [cronSchedule(cron, durationMs(duration), zone, zones), `${cron} for ${duration}`];
  }
  const words = (windows ?? []).map(({ from, to, days }) => [`${from} to ${to}`, ...(days ?? [])].join(' '));
  return [windowSchedule((windows ?? []).map(windowOf), zone, zones), words.join(', ')];
}

type WrittenWindow = NonNullable<Leaf<'time_schedule'>['windows']>[number];

function windowOf({ from, to, days }: WrittenWindow): Window {
  if (from.length > 5) return { type: 'dates', from: dateOf(from), to: dateOf(to) };
  return { type: 'daily', from: minuteOf(from), to: minuteOf(to), weekdays: weekdaysOf(days ?? ['sun-sat']) };
}

function dateOf(text: string): readonly [day: number, minute: number] {
  const [date = '', time = '00:00'] = text.split('T');
  return [Date.parse(`${date}T00:00Z`) / durationMs('1d'), minuteOf(time)];
}

function minuteOf(text: string): number {
  const [hour = '0', minute = '0'] = text.split(':');
  return Number(hour) * 60 + Number(minute);
}

/** `fri-mon` goes over the weekend. */
function weekdaysOf(days: readonly string[]): ReadonlySet<number> {
  return new Set(
    days.flatMap((text) => {
      const [first = '', last = first] = text.split('-');
      const [from, to] = [weekdays.indexOf(first), weekdays.indexOf(last)];
      return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, step) => (from + step) % 7);
    }),
  );
}
