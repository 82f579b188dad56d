/**
 * How a route says what it acts on, so that a policy can decide before anything is done.
 *
 * `fleet` stands for everything at once. Of a `list` each item is decided on by itself, so a list shows what its reader may see.
 * `handler` is for what only the body says once it was read; its handler asks.
 */
export const resourceTypes = [
  'Fleet',
  'Host',
  'Tag',
  'HostGroup',
  'Checkout',
  'Pool',
  'Persona',
  'PersonaGroup',
  'Token',
  'Policy',
  'Role',
] as const;

export type ResourceType = (typeof resourceTypes)[number];
type OneType = Exclude<ResourceType, 'Fleet'>;

export type ResourceRule =
  | { readonly of: 'fleet' }
  | { readonly of: 'list'; readonly types: readonly [OneType, ...OneType[]] }
  | { readonly of: 'params'; readonly type: OneType; readonly name: string; readonly persona?: string }
  | { readonly of: 'handler'; readonly types: readonly [ResourceType, ...ResourceType[]] };

/** The one resource that stands for all of them. */
export const fleet = { of: 'fleet' } as const;
