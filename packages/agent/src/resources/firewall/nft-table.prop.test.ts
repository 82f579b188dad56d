import type { FirewallRule, FirewallState, Json } from '@guise/model';
import { array, assert, constant, constantFrom, integer, ipV4, oneof, property, record, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTable, renderTable } from './nft-table.ts';

interface Command {
  readonly add?: { readonly [type: string]: Json };
}

const port = integer({ min: 1, max: 65_534 });
const portText = oneof(
  port.map(String),
  tuple(port, integer({ min: 1, max: 500 })).map(([first, more]) => `${first}-${Math.min(first + more, 65_535)}`),
);
const network = oneof(constant(null), ipV4(), constantFrom('10.0.0.0/8', '192.0.2.0/24', 'fd00::/8', '2001:db8::1'));
const verdict = constantFrom('accept' as const, 'drop' as const);
const withPort = record({
  protocol: constantFrom('tcp' as const, 'udp' as const),
  port: oneof(constant(null), portText),
  from: network,
  verdict,
});
const icmp = record({ protocol: constant('icmp' as const), port: constant(null), from: network, verdict });
const state = record({
  present: constant(true),
  policy: verdict,
  rules: array(oneof(withPort, icmp), { maxLength: 8 }),
});

/** What nft would list after loading this: the same objects, with handles of the kernel. */
function listed(rendered: string): { nftables: { [type: string]: Json }[] } {
  const { nftables } = JSON.parse(rendered) as { nftables: readonly Command[] };
  const added = nftables.slice(2).flatMap(({ add }) => (add === undefined ? [] : [add]));
  const objects = added.map((object, index) => {
    const [type = '', fields] = Object.entries(object)[0] ?? [];
    return { [type]: { ...(fields as object), handle: index } };
  });
  return { nftables: [{ metainfo: { version: '1' } }, ...objects] };
}

describe('the table inet guise', () => {
  it('is read back as it was rendered, whatever the rules', () => {
    assert(
      property(state, (wanted) => {
        const rules: readonly FirewallRule[] = wanted.rules;
        const whole: FirewallState = { ...wanted, rules };
        expect(parseTable(JSON.stringify(listed(renderTable(whole))))).toEqual(whole);
      }),
    );
  });

  it('shows what others added, and gives exactly that back', () => {
    const drop = { protocol: 'tcp', port: '23', from: null, verdict: 'drop' } as const;
    const table = listed(renderTable({ present: true, policy: 'drop', rules: [drop] }));
    const added = {
      rule: { family: 'inet', table: 'guise', chain: 'input', expr: [{ counter: null }, { drop: null }] },
    };
    table.nftables.splice(4, 0, added);
    const seen = parseTable(JSON.stringify(table));
    expect(seen.rules).toHaveLength(2);
    expect(listed(renderTable(seen)).nftables.slice(1).map(withoutHandle)).toEqual(
      table.nftables.slice(1).map(withoutHandle),
    );
  });

  it('differs when what is always accepted is not', () => {
    const table = listed(renderTable({ present: true, policy: 'drop', rules: [] }));
    table.nftables.splice(3, 1);
    expect(parseTable(JSON.stringify(table)).rules).toHaveLength(1);
  });
});

function withoutHandle(object: { [type: string]: Json }): Json {
  const [type = '', fields] = Object.entries(object)[0] ?? [];
  return { [type]: { ...(fields as object), handle: null } };
}
