/** What a persona brought and takes with it cannot be started any more, although systemd knew it as wanted since the boot. */
import { describe, expect, it } from 'vitest';
import { testLab } from './test-lab.ts';

const cases = [
  {
    unit: 'passing.service',
    persona: `guise: persona/v1
persona_id: passing-service
services:
  passing.service:
    state: running
    enabled: true
    unit: |
      [Service]
      ExecStart=/bin/sleep infinity
      [Install]
      WantedBy=multi-user.target
`,
  },
  {
    unit: 'passing.timer',
    persona: `guise: persona/v1
persona_id: passing-timer
timers:
  passing: { on_calendar: daily, command: [/bin/true] }
`,
  },
];

describe('units that leave with their persona', () => {
  const { lab, output, run } = testLab('test-removed-units', [{ name: 'h1' }]);
  const guise = '/opt/guise/guise';
  /** Then a target wants what is enabled, and systemd keeps it in mind. */
  const wantAsAfterBoot = () => output('h1', ['systemctl', 'daemon-reload']);
  const loadState = (unit: string) => output('h1', ['systemctl', 'show', '--property=LoadState', '--value', unit]);

  it.each(cases)('$unit is forgotten by systemd, and comes back in an undo', async ({ unit, persona }) => {
    const refused = 'guise: persona/v1\npersona_id: refused\ntests: [{ name: never, command: ["false"] }]\n';
    await lab.run('h1', ['tee', '/root/passing.yaml'], { input: persona });
    await lab.run('h1', ['tee', '/root/refused.yaml'], { input: refused });
    await output('h1', [guise, 'apply', '--yes', '/root/passing.yaml']);
    await wantAsAfterBoot();
    expect(await run('h1', [guise, 'apply', '--yes', '/root/refused.yaml'])).toMatchObject({ status: 1 });
    expect(await loadState(unit)).toBe('loaded');
    expect(await output('h1', ['systemctl', 'is-active', unit])).toBe('active');

    await wantAsAfterBoot();
    await output('h1', [guise, 'rollback', '--to', 'baseline', '--yes']);
    expect(await loadState(unit)).toBe('not-found');
    expect(await run('h1', ['systemctl', 'start', unit])).not.toMatchObject({ status: 0 });
  });
});
