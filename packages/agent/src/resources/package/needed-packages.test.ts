import { describe, expect, it } from 'vitest';
import { parseDpkgStatus } from './dpkg-status.ts';
import { neededPackages, roots } from './needed-packages.ts';

/** `a: b | c, d` lines: what is installed, and on what it depends. */
function installed(...lines: readonly string[]) {
  return parseDpkgStatus(
    lines
      .map((line) => {
        const [name = '', depends = '', provides = ''] = line.split(':').map((part) => part.trim());
        return `Package: ${name}\nStatus: install ok installed\nVersion: 1\nDepends: ${depends}\nProvides: ${provides}`;
      })
      .join('\n\n'),
  );
}

describe('packages that nobody asks for any more', () => {
  it('stay while something that stays needs them, also through others that only stay for that', () => {
    const host = installed('shop: lib', 'lib: base', 'base', 'unneeded: base');
    expect(neededPackages(host, new Set(['lib', 'base', 'unneeded']))).toEqual(new Set(['lib', 'base']));
  });

  it('go together when they need only each other', () => {
    const host = installed('a: b', 'b: a', 'other');
    expect(neededPackages(host, new Set(['a', 'b']))).toEqual(new Set());
  });

  it('go when an alternative stays anyway', () => {
    const host = installed('shop: mail-a | mail-b', 'mail-a', 'mail-b');
    expect(neededPackages(host, new Set(['mail-a']))).toEqual(new Set());
    expect(neededPackages(host, new Set(['mail-a', 'mail-b']))).toEqual(new Set(['mail-a']));
  });

  it('stay when they provide what is needed', () => {
    const host = installed('shop: mail-transport', 'exim::mail-transport');
    expect(neededPackages(host, new Set(['exim']))).toEqual(new Set(['exim']));
  });
});

describe('packages of one run', () => {
  it('are wanted for themselves when no other of them needs them', () => {
    const host = installed('nginx: nginx-common', 'nginx-common', 'curl: libcurl', 'libcurl');
    expect(roots(host, new Set(['nginx', 'nginx-common', 'curl', 'libcurl']))).toEqual(new Set(['nginx', 'curl']));
  });
});
