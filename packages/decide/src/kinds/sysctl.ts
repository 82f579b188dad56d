/**
 * Kernel parameters, named as in `/proc/sys` with dots.
 *
 * Writing `ip_forward` resets other parameters of its family, so it goes first and they are written again after it.
 * Source: Linux Documentation/networking/ip-sysctl.rst "ip_forward"; net/ipv4/devinet.c `inet_forward_change`.
 */
import type { Json, SysctlState } from '@guise/model';
import { nameOf } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import type { KindRules } from './kind-rules.ts';

const absent: SysctlState = { value: null };
const resetsOthers = /^net\.(ipv[46])\.(?:ip_forward|conf\.all\.forwarding)$/;
const resetIn: { readonly [family: string]: RegExp } = {
  ipv4: /^sysctl:net\.ipv4\.conf\.(?:all\.accept_redirects|(?!all\.).+\.forwarding)$/,
  ipv6: /^sysctl:net\.ipv6\.conf\.(?!all\.).+\.forwarding$/,
};

export const sysctl: KindRules = {
  kind: 'sysctl',
  absent,
  complete: (claimed, baseline) => overlay(absent, claimed, baseline),
  carried: [],
  numbers: 'text',
  // A key goes with its module and cannot be made to go, so a target of null asks for nothing.
  same: (_field, { value: live = null }, { value: target = null }) =>
    target === null || folded(live) === folded(target),
  goesAlong: (live, target) => (target['value'] === null && live['value'] !== null ? ['value'] : []),
  disturbs: (address) => {
    const family = resetsOthers.exec(nameOf(address))?.[1];
    return family === undefined ? null : (resetIn[family] ?? null);
  },
  reversibility: () => 'exact',
  rank: () => ranks.user,
  sortKey: (address) => `${resetsOthers.test(nameOf(address)) ? 0 : 1}${address}`,
};

/** As `/proc/sys` prints it, with every run of blanks as one space. */
export function folded(value: Json): string {
  return (typeof value === 'object' ? '' : String(value)).trim().replace(/\s+/g, ' ');
}
