import { describe, expect, it } from 'vitest';
import { sourcesOfRelease } from './package-sources.ts';

describe('sourcesOfRelease', () => {
  it('takes the distribution from the same mirrors, with its updates and security fixes', () => {
    const text = `# the distribution
Types: deb
# with a remark
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb deb-src
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main
`;
    expect(sourcesOfRelease(text, 'bookworm', 'trixie')).toEqual([
      'deb [signed-by=/usr/share/keyrings/debian.gpg] http://mirror.example/debian trixie main contrib',
      'deb [signed-by=/usr/share/keyrings/debian.gpg] http://mirror.example/debian trixie-updates main contrib',
      'deb http://mirror.example/security trixie-security main',
    ]);
  });

  it('reads entries of one line too', () => {
    const text = `deb [arch=amd64 trusted=yes] http://mirror.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
# deb http://mirror.example/debian bookworm non-free
deb http://mirror.example/debian bookworm-updates main
`;
    expect(sourcesOfRelease(text, 'bookworm', 'trixie')).toEqual([
      'deb [arch=amd64 trusted=yes] http://mirror.example/debian trixie main',
      'deb http://mirror.example/debian trixie-updates main',
    ]);
  });

  it.each([
    ["a third party's", 'deb http://apt.example nodistro main'],
    ['one with a suite of its own', 'deb http://apt.example bookworm-tools main'],
    ['one that is switched off', 'Types: deb\nEnabled: no\nURIs: http://a.example\nSuites: bookworm\nComponents: main'],
    ['one of source packages', 'Types: deb-src\nURIs: http://a.example\nSuites: bookworm\nComponents: main'],
    [
      'one that carries its key',
      'Types: deb\nURIs: http://a.example\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP\n .\n =',
    ],
  ])('leaves out %s', (_, text) => {
    expect(sourcesOfRelease(text, 'bookworm', 'trixie')).toEqual([]);
  });
});
