/**
 * The scalar formats that facets share. Every rule is a clause that completes "the value …", because error messages print it.
 *
 * Invariant: no pattern here can take more than linear time, and none lets a control character into a path or a name. None needs
 * a flag, because editors read them from the JSON Schema and use none; hence `[ -~\u00a0-\uffff]` for what can be printed.
 */
import { z } from 'zod';

/** Text that matches `pattern`; `rule` is what an author reads when it does not. */
export function text(pattern: RegExp, rule: string) {
  return z.string({ error: rule }).regex(pattern, rule);
}

export function integer(minimum: number, maximum: number) {
  const rule = `must be a whole number from ${minimum} to ${maximum}`;
  return z.int({ error: rule }).min(minimum, rule).max(maximum, rule);
}

export function positive() {
  const rule = 'must be a number above 0';
  return z.number({ error: rule }).positive(rule);
}

/** A list, or operators on the list that the layers below have. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.union(
    [z.array(item), z.strictObject({ append: z.array(item).optional(), remove: z.array(item).optional() })],
    'must be a list, or {append: […]} or {remove: […]}',
  );
}

export const id = text(
  /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/,
  'must be lower-case letters, digits, ".", "_" or "-", at most 64',
);
export const absolutePath = text(
  /^(?:\/(?!\.\.?(?:\/|$))[ -.0-~\u00a0-\uffff]+)+$/,
  'must be an absolute path without "..", "." or "//"',
).max(4095, 'must have at most 4095 characters');
/** Below a document's own folder; `resolve.ts` reads what it names. */
export const relativePath = text(
  /^(?!.*\{\{)(?:\.\/)?(?!\.\.?(?:\/|$))[ -.0-~\u00a0-\uffff]+(?:\/(?!\.\.?(?:\/|$))[ -.0-~\u00a0-\uffff]+)*$/,
  'must be a path below the folder of this document, without ".." and without templates',
);
export const mode = text(/^[0-7]{4}$/, 'must be four octal digits in quotes, such as "0644"');
export const duration = text(/^\d{1,9}(ms|s|m|h|d)$/, 'must be a number and ms, s, m, h or d, such as "30s"');
/** No program can be given a NUL, and none needs what acts on terminals. */
const argument = text(/^[\t\n\r -\uffff]*$/, 'must be text without control characters').max(
  4096,
  'must have at most 4096 characters',
);
export const argv = z
  .array(argument, 'must be a list: a program and its arguments')
  .min(1, 'must name a program')
  .max(64, 'must have at most 64 arguments');
export const scalar = z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false');
export const line = text(/^[\t -~\u00a0-\uffff]*$/, 'must be one line of text');
/** Neither a comment nor an option to whatever reads it. */
export const word = text(
  /^(?![#-])[!-~\u00a1-\uffff]+$/,
  'must be text without blanks that begins with neither "#" nor "-"',
);
export const deviceName = text(
  /^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,14}$/,
  'must be the name of a network device, such as "eth0"',
);
export const accountName = text(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a lower-case account name, at most 32');
export const unitName = text(
  /^[A-Za-z0-9:_.\\@-]+\.(service|socket|timer|path|target|slice|mount)$/,
  'must be a unit name with its suffix, such as "nginx.service"',
);
export const ip = z.union([z.ipv4(), z.ipv6()], 'must be an IP address, such as "10.0.0.5"');
export const network = z.union(
  [z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()],
  'must be an IP address or a network, such as "10.0.0.0/16"',
);
export const port = z.union(
  [integer(1, 65535), z.string().regex(/^\d{1,5}-\d{1,5}$/)],
  'must be a port from 1 to 65535, or a range such as "8000-8100"',
);
/** Combines with the layers below: the highest `at_least` and the lowest `at_most` hold. */
export const bounded = z.strictObject({ at_least: z.number().optional(), at_most: z.number().optional() });
export const configurationKey = text(
  /^(?:sysctl\..+|package\..+|service\..+\.(?:state|enabled))$/,
  'must begin with "sysctl." or "package.", or be "service.NAME.state" or "service.NAME.enabled"',
);
export const sysctlName = text(
  /^[a-z0-9_]+([./][A-Za-z0-9_*-]+)+$/,
  'must be a sysctl name, such as "net.core.somaxconn"',
);
export const packageEntry = text(
  /^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](=[A-Za-z0-9*][A-Za-z0-9.+~:*-]*)?$/,
  'must be a package, or package=version such as "curl=7.88.*"',
);
