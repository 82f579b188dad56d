/** The fields that hold what they say: they are read before there is anything to render templates with. */
const fixedTopLevel: ReadonlySet<PropertyKey> = new Set([
  'guise',
  'persona_id',
  'persona_name',
  'description',
  'category',
  'persona_groups',
  'priority',
  'extends',
  'parameters',
]);

export function isFixed(path: readonly PropertyKey[]): boolean {
  if (path[0] !== undefined && fixedTopLevel.has(path[0])) return true;
  if (path[0] === 'files') return path.length === 3 && path[2] === 'source';
  if (path[0] === 'security_profile') return path.length === 4 && path[1] === 'encryption_keys' && path[3] === 'secret';
  return path.length === 5 && path[2] === 'databases' && path[4] === 'schema';
}
