import { expect, it } from 'vitest';
import { parseServersState, parseUnderWay } from './server-state.ts';

/** As haproxy 2.6 answers, without the columns after those that are read. */
function stateText(operation: number, admin: number, check: number): string {
  const headings = '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_check_state';
  return `1\n${headings}\n3 web 1 h1 192.0.2.1 ${operation} ${admin} ${check}\n3 web 2 h2 192.0.2.2 2 0 6`;
}

const ready = { admin: 'ready', isUp: true, isChecked: true };

it.each([
  [2, 0x00, 6, ready],
  [1, 0x00, 6, ready],
  [0, 0x00, 6, { ...ready, isUp: false }],
  [3, 0x00, 6, { ...ready, isUp: false }],
  [2, 0x00, 0, { ...ready, isChecked: false }],
  [2, 0x00, 2, { ...ready, isChecked: false }],
  [2, 0x08, 6, { ...ready, admin: 'drain' }],
  [2, 0x10, 6, { ...ready, admin: 'drain' }],
  [0, 0x01, 14, { admin: 'maint', isUp: false, isChecked: true }],
  [0, 0x02, 14, { admin: 'maint', isUp: false, isChecked: true }],
  [0, 0x20, 14, { admin: 'maint', isUp: false, isChecked: true }],
  [0, 0x40, 14, { admin: 'maint', isUp: false, isChecked: true }],
  [0, 0x09, 14, { admin: 'maint', isUp: false, isChecked: true }],
  // Only that it was so when haproxy started.
  [2, 0x04, 6, ready],
] as const)('reads operation %i, admin %i and check %i', (operation, admin, check, expected) => {
  expect(parseServersState(stateText(operation, admin, check), 'h1')).toEqual(expected);
});

it('finds a server by its name, in whatever order the columns are', () => {
  expect(parseServersState(stateText(0, 1, 14), 'h2')).toEqual(ready);
  expect(parseServersState(stateText(0, 1, 14), 'h')).toBeNull();
  const other = '1\n# srv_check_state srv_admin_state srv_name srv_op_state\n6 0 h1 2';
  expect(parseServersState(other, 'h1')).toEqual(ready);
});

it('counts what it has and what waits for it', () => {
  const text = '# pxname,svname,qcur,qmax,scur,smax\nweb,h1,2,9,3,9\nweb,h2,0,0,0,0';
  expect([parseUnderWay(text, 'h1'), parseUnderWay(text, 'h2')]).toEqual([5, 0]);
  expect(() => parseUnderWay(text, 'h3')).toThrow('Cannot read what haproxy says');
  expect(() => parseUnderWay('# pxname,svname,qcur\nweb,h1,2', 'h1')).toThrow('Cannot read what haproxy says');
});
