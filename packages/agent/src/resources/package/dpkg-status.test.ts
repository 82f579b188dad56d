import { describe, expect, it } from 'vitest';
import { isUnfinished, parseDpkgStatus, versionOf } from './dpkg-status.ts';

const status = `Package: dpkg
Status: install ok installed
Architecture: amd64
Version: 1.21.22

Package: nginx
Status: install ok installed
Architecture: amd64
Version: 1.22.1-9
Provides: httpd, httpd-cgi (= 1)
Depends: libc6 (>= 2.34), nginx-common (= 1.22.1-9) | nginx-core, python3:any
Pre-Depends: init-system-helpers (>= 1.54~)
Description: server
 Package: not-a-field
Conffiles:
 /etc/nginx/nginx.conf 0123

Package: telnet
Status: deinstall ok config-files
Architecture: amd64
Version: 0.17

Package: broken
Status: install reinstreq half-installed
Architecture: amd64
Version: 2

Package: libc6
Status: install ok installed
Architecture: i386
Version: 2.36
`;

describe("dpkg's record", () => {
  const installed = parseDpkgStatus(status);

  it('gives exact versions, and none for what was removed', () => {
    expect(versionOf(installed.get('nginx'))).toBe('1.22.1-9');
    expect(versionOf(installed.get('telnet'))).toBeNull();
    expect(versionOf(installed.get('absent'))).toBeNull();
  });

  it('lets an unfinished package equal no version', () => {
    const broken = installed.get('broken');
    expect(versionOf(broken)).toBe('2 half-installed');
    expect(broken !== undefined && isUnfinished(broken)).toBe(true);
  });

  it('keeps other architectures apart', () => {
    expect([...installed.keys()]).toEqual(['dpkg', 'nginx', 'telnet', 'broken', 'libc6:i386']);
  });

  it('reads relations without versions and architectures', () => {
    expect(installed.get('nginx')?.depends).toEqual([
      ['init-system-helpers'],
      ['libc6'],
      ['nginx-common', 'nginx-core'],
      ['python3'],
    ]);
    expect(installed.get('nginx')?.provides).toEqual(['httpd', 'httpd-cgi']);
  });

  it('lets what dpkg noted last count', () => {
    const updated = parseDpkgStatus(
      `${status}\n\nPackage: nginx\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 1.22.1-9\n`,
    );
    expect(versionOf(updated.get('nginx'))).toBe('1.22.1-9 unpacked');
  });
});
