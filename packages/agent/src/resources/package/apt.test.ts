import { describe, expect, it } from 'vitest';
import { parseSimulation } from './apt.ts';
import { matchesVersion } from './version-glob.ts';

describe('a simulated run of apt', () => {
  it('tells new, changed and removed packages with their versions', () => {
    const output = `Reading package lists...
The following packages will be REMOVED:
  telnet
Remv telnet [0.17-44]
Purg exim4 [4.96]
Inst libpsl5 (0.21.2-1 Debian:12.15/oldstable [amd64])
Inst curl [7.88.1-10] (7.88.1-11 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []
Inst libnginx-mod-http-echo (1:0.63-4 Debian:12.15/oldstable [amd64])
Conf curl (7.88.1-11 Debian:12.15/oldstable [amd64])
`;
    expect(parseSimulation(output)).toEqual({
      installed: new Map([
        ['libpsl5', '0.21.2-1'],
        ['curl', '7.88.1-11'],
        ['libnginx-mod-http-echo', '1:0.63-4'],
      ]),
      removed: new Set(['telnet', 'exim4']),
    });
  });
});

describe('a version', () => {
  it.each([
    ['7.88.1-10', '7.88.*', true],
    ['7.88.1-10', '*', true],
    ['7.88.1-10', '7.88.1-10', true],
    ['7.88.1-10', '7.8', false],
    ['7a88.1', '7.88.*', false],
    ['1:0.63-4', '0.63*', true],
    ['1:0.63-4', '1:0.63-4', true],
    ['2:0.63-4', '1:0.63-4', false],
  ])('%s and %s', (version, wanted, expected) => {
    expect(matchesVersion(version, wanted)).toBe(expected);
  });
});
