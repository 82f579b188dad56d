/**
 * The drop-in that holds a unit's limits, as text and back.
 *
 * A limit that nobody set has no line. A file without any limit does not exist.
 * Source: systemd.resource-control(5).
 */
import type { LimitState } from '@guise/model';

const keys = {
  cpu_quota_percent: 'CPUQuota',
  memory_max_bytes: 'MemoryMax',
  tasks_max: 'TasksMax',
  io_weight: 'IOWeight',
} as const satisfies {
  readonly [Field in 'cpu_quota_percent' | 'memory_max_bytes' | 'tasks_max' | 'io_weight']: string;
};

type Field = keyof typeof keys;
const fields = Object.keys(keys) as readonly Field[];

export const noLimits: LimitState = {
  cpu_quota_percent: null,
  memory_max_bytes: null,
  tasks_max: null,
  io_weight: null,
};

/** Null when there is nothing to limit. */
export function renderLimits(unit: string, state: LimitState): string | null {
  const lines = fields.flatMap((field) =>
    state[field] === null ? [] : [`${keys[field]}=${state[field]}${field === 'cpu_quota_percent' ? '%' : ''}`],
  );
  return lines.length === 0 ? null : `# Limits of ${unit}, set by guise.\n[${sectionOf(unit)}]\n${lines.join('\n')}\n`;
}

export function parseLimits(text: string | null): LimitState {
  if (text === null) return noLimits;
  const read = (field: Field): number | null => {
    const value = new RegExp(`^${keys[field]}=([0-9.]+)%?$`, 'm').exec(text)?.[1];
    return value === undefined ? null : Number(value);
  };
  return {
    cpu_quota_percent: read('cpu_quota_percent'),
    memory_max_bytes: read('memory_max_bytes'),
    tasks_max: read('tasks_max'),
    io_weight: read('io_weight'),
  };
}

/** `nginx.service` → `Service`: each type of unit has its limits in its own section. */
function sectionOf(unit: string): string {
  const type = unit.slice(unit.lastIndexOf('.') + 1);
  return `${type.charAt(0).toUpperCase()}${type.slice(1)}`;
}
