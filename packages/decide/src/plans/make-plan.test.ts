import type { Address, Plan, State } from '@guise/model';
import { digestOfJson, limits } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { absentState } from '../kinds/index.ts';
import { invertPlan } from './invert-plan.ts';
import { makePlan } from './make-plan.ts';

type States = { readonly [address: string]: State };

const running: State = { state: 'running', enabled: 'enabled', reload_on: [], restart_on: [] };
const file = (digest: string): State => ({
  type: 'file',
  digest,
  target: null,
  mode: '0644',
  owner: 'root',
  group: 'root',
});

describe('nudges', () => {
  const site = { 'file:/etc/nginx/sites/a.conf': file('old') };
  const siteAfter = { 'file:/etc/nginx/sites/a.conf': file('new') };

  it.each([
    ['file:/etc/nginx/**', true],
    ['file:/etc/nginx/sites/*', true],
    ['file:/etc/nginx/*', false],
    ['file:/etc/nginx/sites/a.conf', true],
    ['file:/etc/nginx/sites/a.con', false],
    ['file:/etc/**/a.conf', true],
    ['file:/etc/nginx/sites/a?conf', false],
    ['**', true],
  ])('%s meets the change: %s', (glob, meets) => {
    const service = { ...running, reload_on: [glob] };
    const plan = planOf(
      { ...site, 'service:nginx.service': service },
      { ...siteAfter, 'service:nginx.service': service },
    );
    expect(nudgeOf(plan, 'service:nginx.service')).toBe(meets ? 'reload' : undefined);
  });

  it('restart beats reload, and the plan says which address asks for it', () => {
    const service = { ...running, reload_on: ['file:/etc/**'], restart_on: ['file:/etc/nginx/**'] };
    const plan = planOf(
      { ...site, 'service:nginx.service': service },
      { ...siteAfter, 'service:nginx.service': service },
    );
    expect(changeAt(plan, 'service:nginx.service')).toMatchObject({
      nudge: 'restart',
      fields: [],
      because: 'file:/etc/nginx/sites/a.conf changes',
    });
  });

  it('what a leaving layer said is remembered, because the host does not tell', () => {
    const plan = planOf(
      { ...site, 'service:nginx.service': running },
      { ...siteAfter, 'service:nginx.service': running },
      { 'service:nginx.service': { ...running, reload_on: ['file:/etc/nginx/**'] } },
    );
    expect(nudgeOf(plan, 'service:nginx.service')).toBe('reload');
  });

  it('what a leaving layer said counts beside what a staying one says', () => {
    const service = { ...running, reload_on: ['file:/elsewhere/**'] };
    const plan = planOf(
      { ...site, 'service:nginx.service': service },
      { ...siteAfter, 'service:nginx.service': service },
      { 'service:nginx.service': { ...running, reload_on: ['file:/elsewhere/**', 'file:/etc/nginx/**'] } },
    );
    expect(nudgeOf(plan, 'service:nginx.service')).toBe('reload');
  });

  it('a service that starts or stops anyway is left alone', () => {
    const service = { ...running, reload_on: ['file:/etc/nginx/**'] };
    const stopped = { ...service, state: 'stopped' };
    for (const [before, after] of [
      [stopped, service],
      [service, stopped],
    ] as const) {
      expect(
        nudgeOf(
          planOf({ ...site, 'service:nginx.service': before }, { ...siteAfter, 'service:nginx.service': after }),
          'service:nginx.service',
        ),
      ).toBeNull();
    }
  });

  it.each<[string, States, States]>([
    ['its unit', { 'unit:shop@1.service': { digest: 'a' } }, { 'unit:shop@1.service': { digest: 'b' } }],
    ['its template', { 'unit:shop@.service': { digest: 'a' } }, { 'unit:shop@.service': { digest: 'b' } }],
    [
      'its drop-in',
      { 'unit:shop@1.service.d/x.conf': { digest: null } },
      { 'unit:shop@1.service.d/x.conf': { digest: 'b' } },
    ],
    ['its package', { 'package:shop@1': { version: '1' } }, { 'package:shop@1': { version: '2' } }],
  ])('restarts for %s', (_title, before, after) => {
    const plan = planOf(
      { ...before, 'service:shop@1.service': running },
      { ...after, 'service:shop@1.service': running },
    );
    expect(nudgeOf(plan, 'service:shop@1.service')).toBe('restart');
  });

  it('nothing changes, nobody is told', () => {
    const service = { ...running, restart_on: ['**'] };
    expect(
      planOf({ ...site, 'service:nginx.service': service }, { ...site, 'service:nginx.service': service }).stages,
    ).toEqual([]);
  });

  it('an undo tells services again, once their turn had come', () => {
    const before = { ...site, 'service:nginx.service': { ...running, reload_on: ['file:/etc/nginx/**'] } };
    const after = { ...siteAfter, 'service:nginx.service': { ...running, reload_on: ['file:/etc/nginx/**'] } };
    const plan = planOf(before, after);
    const undo = (live: States, servicesBegun: boolean) =>
      invertPlan({ plan, live: statesOf(live), servicesBegun }).flatMap((stage) =>
        stage.changes.map(({ address, nudge }) => [address, nudge]),
      );
    expect(undo(after, true)).toEqual([
      ['file:/etc/nginx/sites/a.conf', null],
      ['service:nginx.service', 'reload'],
    ]);
    expect(undo(after, false)).toEqual([['file:/etc/nginx/sites/a.conf', null]]);
    expect(undo(before, true)).toEqual([['service:nginx.service', 'reload']]);
  });
});

describe('what a change says', () => {
  it('afterwards is as the host will tell it: a static unit stays static', () => {
    const live = { state: 'stopped', enabled: 'static', reload_on: [], restart_on: [] };
    const plan = planOf({ 'service:x.service': live }, { 'service:x.service': running });
    expect(changeAt(plan, 'service:x.service')).toMatchObject({
      fields: ['state'],
      after: { state: 'running', enabled: 'static' },
    });
  });

  it('a service that is to be off is settled only when something may bring it', () => {
    const [absent, off] = [
      { ...running, state: 'stopped', enabled: 'absent' },
      { ...running, state: 'stopped', enabled: 'disabled' },
    ];
    expect(planOf({ 'service:telnet.service': absent }, { 'service:telnet.service': off }).stages).toEqual([]);
    const plan = planOf(
      { 'service:telnet.service': absent, 'package:telnetd': { version: null } },
      { 'service:telnet.service': off, 'package:telnetd': { version: '1' } },
    );
    expect(plan.stages.map(({ kind }) => kind)).toEqual(['package', 'service']);
  });

  it('a command without undo stays done, with a warning', () => {
    const done = { done: true, check: ['test'], do: ['seed'], undo: null };
    const plan = planOf({ 'command:seed': done }, { 'command:seed': absentState('command') });
    expect(plan.stages).toEqual([]);
    expect(plan.warnings).toEqual(['command:seed stays as it is: it was done by a command without undo']);
  });

  it('a command is undone by what it was done with, although its persona is gone', () => {
    const undo = { done: true, check: ['test'], do: ['seed'], undo: ['unseed'] };
    const plan = planOf(
      { 'command:seed': { ...absentState('command'), done: true } },
      { 'command:seed': absentState('command') },
      { 'command:seed': undo },
    );
    expect(changeAt(plan, 'command:seed')).toMatchObject({ before: undo, after: { done: false } });
  });

  it.each<[Address, State, State, boolean]>([
    ['file:/etc/ssh/sshd_config', file('a'), file('b'), true],
    ['file:/etc/sshd_config', file('a'), file('b'), false],
    ['service:ssh.service', running, { ...running, state: 'stopped' }, true],
    ['service:nginx.service', running, { ...running, state: 'stopped' }, false],
    ['route:default', absentState('route'), { present: true, via: '10.0.0.1', device: null, metric: null }, true],
    ['firewall:inet', absentState('firewall'), { present: true, policy: 'drop', rules: [] }, true],
    ['firewall:inet', { present: true, policy: 'drop', rules: [] }, absentState('firewall'), false],
  ])('%s may cut the host off', (address, before, after, cutsOff) => {
    expect(changeAt(planOf({ [address]: before }, { [address]: after }), address)).toMatchObject({ cutsOff });
  });

  it.each<[Address, State, State, string]>([
    ['file:/etc/x', file('a'), absentState('file'), 'exact'],
    ['package:x', { version: null }, { version: '1' }, 'exact'],
    ['package:x', { version: '1' }, { version: null }, 'compensating'],
    [
      'user:x',
      { ...absentState('user'), present: true, uid: 1 },
      { ...absentState('user'), present: true, uid: 2 },
      'compensating',
    ],
    ['mount:/x', { ...absentState('mount'), mounted: true, fstype: 'tmpfs' }, absentState('mount'), 'irreversible'],
    [
      'database:postgresql/database/x',
      { ...absentState('database'), present: true },
      absentState('database'),
      'irreversible',
    ],
    ['database:postgresql/database/x', absentState('database'), { ...absentState('database'), present: true }, 'exact'],
    [
      'database:postgresql/role/x',
      { ...absentState('database'), present: true, login: true },
      absentState('database'),
      'compensating',
    ],
    [
      'command:x',
      { done: false, check: [], do: [], undo: null },
      { done: true, check: ['a'], do: ['b'], undo: null },
      'irreversible',
    ],
    [
      'command:x',
      { done: false, check: [], do: [], undo: null },
      { done: true, check: ['a'], do: ['b'], undo: ['c'] },
      'compensating',
    ],
  ])('%s can be taken back', (address, before, after, reversibility) => {
    expect(changeAt(planOf({ [address]: before }, { [address]: after }), address)).toMatchObject({ reversibility });
  });
});

it('refuses more changes than a plan may have', () => {
  const names = Array.from({ length: limits.changesPerPlan + 1 }, (_, index) => `hosts_entry:h${index}`);
  const all = (ip: string | null): States => Object.fromEntries(names.map((name) => [name, { ip }]));
  expect(() => planOf(all(null), all('10.0.0.1'))).toThrow(
    `Cannot plan ${limits.changesPerPlan + 1} changes at once: at most ${limits.changesPerPlan}`,
  );
});

it('writes ip_forward first, and then again what that resets', () => {
  const live = {
    'sysctl:net.ipv4.conf.all.accept_redirects': { value: '0' },
    'sysctl:net.ipv4.ip_forward': { value: '0' },
    'sysctl:kernel.pid_max': { value: '1' },
  };
  const plan = planOf(live, {
    ...live,
    'sysctl:net.ipv4.ip_forward': { value: '1' },
    'sysctl:kernel.pid_max': { value: '2' },
  });
  expect(plan.stages.flatMap((stage) => stage.changes.map(({ address, because }) => [address, because]))).toEqual([
    ['sysctl:net.ipv4.ip_forward', 'a test'],
    ['sysctl:kernel.pid_max', 'a test'],
    ['sysctl:net.ipv4.conf.all.accept_redirects', 'sysctl:net.ipv4.ip_forward resets it'],
  ]);
});

function statesOf(states: States): ReadonlyMap<Address, State> {
  return new Map(Object.entries(states) as [Address, State][]);
}

function planOf(live: States, targets: States, known: States = {}): Plan {
  return makePlan({
    layersBefore: [],
    layersAfter: [],
    live: statesOf(live),
    targets: statesOf(targets),
    known: statesOf(known),
    because: () => 'a test',
    conflicts: [],
    warnings: [],
    digest: digestOfJson,
  });
}

function changeAt(plan: Plan, address: string) {
  return plan.stages.flatMap((stage) => stage.changes).find((change) => change.address === address);
}

function nudgeOf(plan: Plan, address: string) {
  return changeAt(plan, address)?.nudge;
}
