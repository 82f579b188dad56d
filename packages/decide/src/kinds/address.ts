/** Network addresses, named `DEVICE/ADDRESS/PREFIX`. */
import type { AddressState } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import type { KindRules } from './kind-rules.ts';

const absent: AddressState = { present: false };

export const address: KindRules = {
  kind: 'address',
  absent,
  complete: (claimed, baseline) => overlay(absent, claimed, baseline),
  carried: [],
  reversibility: () => 'exact',
  rank: (_before, after) => (after['present'] ? ranks.user : ranks.removeAddress),
  // Even a new address can: the kernel may choose it as the source of connections that others expect from the old one.
  cutsOff: () => true,
};
