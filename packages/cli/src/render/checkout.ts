/** Checkouts in words. */
import type { Checkout } from '@guise/api';
import type { Terminal } from '../terminal.ts';
import { valueText } from './text.ts';

const words: Readonly<Record<Checkout['state'], string>> = {
  waiting: 'waits for a host',
  booked: 'booked',
  checking: 'looking whether the host can be what is asked',
  draining: 'requests to the host are ending',
  snapshotting: 'the host is being kept as it is',
  preparing: 'its system and allocation are being made',
  applying: 'the host becomes what is asked',
  testing: 'its tests run',
  out: 'ready',
  reverting: 'the host is being brought back',
  verifying: 'looking whether the host is as healthy as before',
  restoring: 'requests are let to the host again',
  quarantined: 'quarantined',
  ended: 'ended',
  failed: 'failed',
  cancelled: 'given up before it was ready',
};

/** One line: `h1: ready`, `waits for a host, 2 before it`. */
export function checkoutText({ state, host_id, ahead, starts_at, failure }: Checkout): string {
  const host = host_id === null ? '' : `${host_id}: `;
  const more = state === 'waiting' && ahead !== null ? `, ${ahead} before it` : '';
  const from = state === 'booked' && starts_at !== null ? ` from ${starts_at}` : '';
  return `${host}${words[state]}${more}${from}${failure === null ? '' : ` (${failure})`}`;
}

/** The whole of it, in lines. */
export function checkoutLines(checkout: Checkout, { style }: Pick<Terminal, 'style'>): readonly string[] {
  const { persona_id, version, reach, evidence } = checkout;
  const persona = persona_id === null ? 'none' : `${persona_id}${version === null ? '' : ` version ${version}`}`;
  return [
    `${style.heading(checkout.checkout_id)}: ${checkoutText(checkout)}`,
    `  holder: ${checkout.holder}, because ${checkout.reason}`,
    `  persona: ${persona}`,
    ...(reach === null ? [] : [style.added(`  reach it: ${reach.hostname} ${reach.address}`.trimEnd())]),
    ...(checkout.starts_at === null
      ? []
      : [`  from ${checkout.starts_at} until ${checkout.expires_at ?? 'it has a host'}`]),
    ...(evidence === null ? [] : [style.removed(`  found: ${valueText(evidence, 400)}`)]),
    ...(checkout.has_results ? [`  tests: guise checkout results ${checkout.checkout_id}`] : []),
  ];
}
