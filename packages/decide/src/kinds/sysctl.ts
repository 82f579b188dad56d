/**
 * Kernel parameters, named as in `/proc/sys` with dots.
 *
 * Writing an `ip_forward` resets other parameters of its family, so those go first.
 * Source: Linux Documentation/networking/ip-sysctl.rst "ip_forward".
 */
import type { Json, SysctlState } from '@guise/model';
import { nameOf } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import type { KindRules } from './kind-rules.ts';

const absent: SysctlState = { value: null };
const resetsOthers = /^net\.(ipv4\.ip_forward|ipv[46]\.conf\.(all|default)\.forwarding)$/;

export const sysctl: KindRules = {
  kind: 'sysctl',
  absent,
  complete: (claimed, baseline) => overlay(absent, claimed, baseline),
  carried: [],
  numbers: 'text',
  // A key goes with its module and cannot be made to go, so a target of null asks for nothing.
  same: (_field, live, target) => target === null || folded(live) === folded(target),
  reversibility: () => 'exact',
  rank: () => ranks.user,
  sortKey: (address) => `${resetsOthers.test(nameOf(address)) ? 0 : 1}${address}`,
};

/** As `/proc/sys` prints it, with every run of blanks as one space. */
export function folded(value: Json): string {
  return String(value).trim().replace(/\s+/g, ' ');
}
