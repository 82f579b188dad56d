/**
 * The flat shorthand `configuration_parameters`, and what it stands for in the typed facets.
 *
 * `sysctl.NAME: value` is `operating_system.sysctl.NAME`; `package.NAME: "1.2.*"`, `present` or `absent` is an entry of
 * `software_stack`; `service.NAME.state` and `service.NAME.enabled` are fields of `services`, where NAME may lack `.service`.
 * Invariant: what passes `configurationRule` becomes a document that the schema accepts.
 */
import { packageEntry, sysctlName, unitName } from './formats.ts';
import type { Position } from './problem.ts';
import type { LocatedDocument } from './resolved.ts';
import type { PersonaDocument } from './schema.ts';

type ConfigurationValue = string | number | boolean | { at_least?: number | undefined; at_most?: number | undefined };

type Target =
  | { readonly type: 'sysctl'; readonly name: string }
  | { readonly type: 'package'; readonly name: string }
  | { readonly type: 'service'; readonly unit: string; readonly field: 'state' | 'enabled' };

/** The rule that an entry breaks, or null. */
export function configurationRule(key: string, value: ConfigurationValue): string | null {
  if (key.includes('{{')) return null;
  const target = targetOf(key);
  switch (target?.type) {
    case undefined:
      return 'must belong to sysctl, package or service';
    case 'sysctl':
      if (!sysctlName.safeParse(target.name).success) return 'must belong to a sysctl, such as "sysctl.vm.swappiness"';
      return typeof value === 'boolean' ? 'must be a number, text, {at_least: N} or {at_most: N}' : null;
    case 'package':
      if (typeof value !== 'string') return 'must be a version in quotes, "present" or "absent"';
      return packageEntry.safeParse(packageText(target.name, value)).success ? null : 'must be a version of a package';
    case 'service':
      if (!unitName.safeParse(target.unit).success) return 'must belong to a unit, such as "service.nginx.state"';
      if (target.field === 'enabled') return typeof value === 'boolean' ? null : 'must be true or false';
      return value === 'running' || value === 'stopped' ? null : 'must be "running" or "stopped"';
  }
}

/** The typed path that already says what the entry says, or null. */
export function configurationTwin(key: string, document: PersonaDocument): string | null {
  const target = targetOf(key);
  switch (target?.type) {
    case undefined:
      return null;
    case 'sysctl':
      return has(document.operating_system?.sysctl, target.name) ? `operating_system.sysctl.${target.name}` : null;
    case 'package': {
      const stack = document.software_stack ?? [];
      const entries = 'map' in stack ? stack : [...(stack.append ?? []), ...(stack.remove ?? [])];
      return entries.some((entry) => entry.split('=')[0] === target.name) ? 'software_stack' : null;
    }
    case 'service': {
      const service = has(document.services, target.unit) ? document.services?.[target.unit] : undefined;
      return has(service, target.field) ? `services.${target.unit}.${target.field}` : null;
    }
  }
}

/** The same document with the shorthand put into the typed facets, whose positions are those of the shorthand. */
export function normalizeConfigurationParameters(located: LocatedDocument): LocatedDocument {
  const { configuration_parameters: entries, ...document } = located.document;
  if (entries === undefined) return located;
  const sysctl = { ...document.operating_system?.sysctl };
  const services = { ...document.services };
  const added: string[] = [];
  const positions: Record<string, Position> = { ...located.positions };
  const stack = document.software_stack ?? [];
  const isList = 'map' in stack;
  const listed = isList ? stack : (stack.append ?? []);
  for (const [key, value] of Object.entries(entries)) {
    const target = targetOf(key);
    const at = positions[`configuration_parameters.${key}`] ?? [1, 1];
    if (target?.type === 'sysctl' && typeof value !== 'boolean') {
      sysctl[target.name] = value;
      positions[`operating_system.sysctl.${target.name}`] = at;
    } else if (target?.type === 'package' && typeof value === 'string') {
      positions[`software_stack.${isList ? '' : 'append.'}${listed.length + added.length}`] = at;
      added.push(packageText(target.name, value));
    } else if (target?.type === 'service') {
      services[target.unit] = { ...services[target.unit], [target.field]: value };
      positions[`services.${target.unit}`] ??= at;
      positions[`services.${target.unit}.${target.field}`] = at;
    }
  }
  const packages = [...listed, ...added];
  const typed: PersonaDocument = {
    ...document,
    ...(Object.keys(sysctl).length > 0 && { operating_system: { ...document.operating_system, sysctl } }),
    ...(packages.length > 0 && { software_stack: isList ? packages : { ...stack, append: packages } }),
    ...(Object.keys(services).length > 0 && { services }),
  };
  return { file: located.file, document: typed, positions };
}

function targetOf(key: string): Target | undefined {
  const dot = key.indexOf('.');
  const rest = key.slice(dot + 1);
  switch (key.slice(0, dot)) {
    case 'sysctl':
      return { type: 'sysctl', name: rest };
    case 'package':
      return { type: 'package', name: rest };
    case 'service': {
      const name = rest.slice(0, rest.lastIndexOf('.'));
      const unit = unitName.safeParse(name).success ? name : `${name}.service`;
      return { type: 'service', unit, field: rest.endsWith('.enabled') ? 'enabled' : 'state' };
    }
    default:
      return undefined;
  }
}

function packageText(name: string, version: string): string {
  return version === 'present' ? name : `${name}=${version}`;
}

function has(record: object | undefined, key: string): boolean {
  return record !== undefined && Object.hasOwn(record, key);
}
