import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkName, labNames, machineName } from './names.ts';

const longestInterfaceName = 15;
const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/);

describe('labNames', () => {
  it('fits interface names into what Linux allows, however long the lab is called', () => {
    fc.assert(
      fc.property(name, (lab) => {
        const names = labNames('/var/lib/guise-lab', lab);
        expect(names.bridge.length).toBeLessThanOrEqual(longestInterfaceName);
        expect(`vb-${machineName(names, 'h100')}`.length).toBeLessThanOrEqual(longestInterfaceName);
      }),
    );
  });

  it('keeps labs of one name in two directories apart', () => {
    const [one, two] = [labNames('/a', 'lab'), labNames('/b', 'lab')];
    expect(one.bridge).not.toBe(two.bridge);
    expect(one.cgroup).not.toBe(two.cgroup);
    expect(machineName(one, 'h1')).not.toBe(machineName(two, 'h1'));
  });
});

describe('checkName', () => {
  it.each(['', 'H1', '1h', 'h1-', '../h1', 'h1@x', 'h'.repeat(33), '.pool'])('refuses %j', (bad) => {
    expect(() => checkName(bad, 'host')).toThrow('Cannot name a host');
  });
});
