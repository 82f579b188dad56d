/** What starts at boot is read from files, for speed; here systemd itself says whether that is right, for every unit of a host. */
import { describe, expect, it } from 'vitest';
import { node, testLab } from './test-lab.ts';

describe('whether units start at boot', () => {
  const { output } = testLab('test-enablement', [{ name: 'h1' }]);

  it('is what systemctl says, also for scripts, masks and packages', async () => {
    await output('h1', ['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', 'nginx-light', 'cron']);
    await output('h1', ['systemctl', 'disable', '--quiet', 'cron.service']);
    await output('h1', ['systemctl', 'mask', '--quiet', 'nginx.service']);
    const answer = await output('h1', [...node, '/opt/guise/tests/host/enablement-check.ts']);
    const { units, wrong } = JSON.parse(answer) as { readonly units: number; readonly wrong: readonly string[] };
    expect(wrong).toEqual([]);
    expect(units).toBeGreaterThan(100);
  });
});
