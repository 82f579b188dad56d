/**
 * The table `inet guise` as nftables' JSON, both ways: rendered to be loaded, and read back to see what is there.
 *
 * The input chain begins with what no policy may take away: replies, loopback, and the ICMP without which IP does not work.
 * Then come the rules in their given order. A table that holds anything else (somebody's own rule, another chain, a changed
 * beginning) is read with one more rule that carries the whole table in `foreign`; it differs from every wanted state, and
 * rendering it gives exactly that table back.
 * Source: libnftables-json(5).
 */
import type { FirewallRule, FirewallState, Json } from '@guise/model';

type JsonObject = { readonly [key: string]: Json };

interface ForeignRule extends FirewallRule {
  readonly foreign: readonly JsonObject[];
}

const table = { family: 'inet', table: 'guise' } as const;
const hook = { type: 'filter', hook: 'input', prio: 0 } as const;
const absent: FirewallState = { present: false, policy: null, rules: [] };

const match = (left: JsonObject, right: Json, op = '=='): JsonObject => ({ match: { op, left, right } });
const payload = (protocol: string, field: string): JsonObject => ({ payload: { protocol, field } });
const accept: JsonObject = { accept: null };

/** Numbers, because names depend on whether the host has /etc/protocols. `icmp` is that of IPv4 and of IPv6. */
const protocolNumbers = { tcp: 6, udp: 17, icmp: { set: [1, 58] } } as const;
const protocols = ['tcp', 'udp', 'icmp'] as const;

/** Sets are in the order in which the kernel gives them back. */
const always: readonly (readonly JsonObject[])[] = [
  [match({ ct: { key: 'state' } }, ['established', 'related'], 'in'), accept],
  [match({ meta: { key: 'iif' } }, 'lo'), accept],
  [match(payload('icmp', 'type'), { set: ['destination-unreachable', 'time-exceeded', 'parameter-problem'] }), accept],
  [
    match(payload('icmpv6', 'type'), {
      set: [
        'destination-unreachable',
        'packet-too-big',
        'time-exceeded',
        'parameter-problem',
        'nd-router-advert',
        'nd-neighbor-solicit',
        'nd-neighbor-advert',
      ],
    }),
    accept,
  ],
];

/** One atomic transaction: the table is replaced as a whole, or with an absent state removed. */
export function renderTable(state: FirewallState): string {
  // Adding before deleting makes deleting succeed whether or not the table is there.
  const cleared = [
    { add: { table: { family: 'inet', name: 'guise' } } },
    { delete: { table: { family: 'inet', name: 'guise' } } },
  ];
  return JSON.stringify({ nftables: [...cleared, ...contentOf(state).map((object) => ({ add: object }))] });
}

/** Shape: the objects of `nft --json --numeric-protocol list table inet guise`; null when there is no such table. */
export function parseTable(listing: string | null): FirewallState {
  if (listing === null) return absent;
  const objects = (JSON.parse(listing) as { readonly nftables: readonly JsonObject[] }).nftables
    .filter((object) => !('metainfo' in object))
    .map(withoutHandle);
  const policy = objects.map(policyOf).find((found) => found !== null) ?? null;
  const rules = objects.flatMap((object) => {
    const rule = ruleOf(object);
    return rule === null ? [] : [rule];
  });
  const known: FirewallState = { present: true, policy, rules };
  if (JSON.stringify(contentOf(known)) === JSON.stringify(objects)) return known;
  const foreign: ForeignRule = { protocol: 'tcp', port: null, from: null, verdict: 'drop', foreign: objects };
  return { present: true, policy, rules: [...rules, foreign] };
}

function contentOf({ present, policy, rules }: FirewallState): readonly JsonObject[] {
  if (!present) return [];
  const foreign = rules.find((rule): rule is ForeignRule => 'foreign' in rule);
  if (foreign !== undefined) return foreign.foreign;
  const expressions = [...always, ...rules.map(expressionOf)];
  return [
    { table: { family: 'inet', name: 'guise' } },
    { chain: { ...table, name: 'input', ...hook, policy: policy ?? 'accept' } },
    ...expressions.map((expr) => ({ rule: { ...table, chain: 'input', expr } })),
  ];
}

function expressionOf({ protocol, port, from, verdict }: FirewallRule): readonly JsonObject[] {
  const source = from === null ? [] : [match(payload(from.includes(':') ? 'ip6' : 'ip', 'saddr'), networkOf(from))];
  const service =
    protocol === 'icmp' || port === null
      ? match({ meta: { key: 'l4proto' } }, protocolNumbers[protocol])
      : match(payload(protocol, 'dport'), portOf(port));
  return [...source, service, { [verdict]: null }];
}

/** Null when the object is not a rule that `expressionOf` could have made. */
function ruleOf(object: JsonObject): FirewallRule | null {
  const { rule } = object as { rule?: { readonly expr: readonly JsonObject[] } };
  if (rule === undefined || always.some((expr) => same(expr, rule.expr))) return null;
  const verdict = 'drop' in (rule.expr.at(-1) ?? {}) ? 'drop' : 'accept';
  const matches = (rule.expr as readonly { readonly match?: Match }[]).flatMap(({ match: found }) =>
    found === undefined ? [] : [found],
  );
  const source = matches.find(({ left }) => left.payload?.field === 'saddr')?.right;
  const port = matches.find(({ left }) => left.payload?.field === 'dport');
  const number = matches.find(({ left }) => left.meta?.key === 'l4proto')?.right ?? null;
  const protocol = port?.left.payload?.protocol ?? protocols.find((name) => same(protocolNumbers[name], number));
  const read: FirewallRule = {
    protocol: protocol === 'tcp' || protocol === 'udp' ? protocol : 'icmp',
    port: port === undefined ? null : textOfPort(port.right),
    from: source === undefined ? null : textOfNetwork(source),
    verdict,
  };
  return same(expressionOf(read), rule.expr) ? read : null;
}

interface Match {
  readonly left: {
    readonly payload?: { readonly protocol: string; readonly field: string };
    readonly meta?: { readonly key: string };
  };
  readonly right: Json;
}

function networkOf(text: string): Json {
  const [addr = '', len] = text.split('/');
  const full = text.includes(':') ? '128' : '32';
  return len === undefined || len === full ? addr : { prefix: { addr, len: Number(len) } };
}

function textOfNetwork(right: Json): string {
  if (typeof right === 'string') return right;
  const { prefix } = right as { prefix?: { addr: string; len: number } };
  return prefix === undefined ? JSON.stringify(right) : `${prefix.addr}/${prefix.len}`;
}

function portOf(text: string): Json {
  const [first, last] = text.split('-').map(Number);
  return last === undefined ? (first ?? 0) : { range: [first ?? 0, last] };
}

function textOfPort(right: Json): string {
  const { range } = right as { range?: readonly [number, number] };
  return range === undefined ? JSON.stringify(right) : range.join('-');
}

function policyOf(object: JsonObject): 'accept' | 'drop' | null {
  const { chain } = object as { chain?: { name: string; policy?: 'accept' | 'drop' } };
  return chain?.name === 'input' ? (chain.policy ?? null) : null;
}

/** Handles are the kernel's own numbering; they differ from load to load. */
function withoutHandle(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([type, fields]) => {
      const { handle: _, ...rest } = fields as JsonObject;
      return [type, rest];
    }),
  );
}

function same(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
