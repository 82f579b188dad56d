/** Which checkout is meant, and waiting until one stands still. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Checkout, Client } from '@guise/api';
import { GuiseError, parseHostId } from '@guise/model';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import { checkoutLines, checkoutText } from '../render/checkout.ts';
import { ProgressLine } from '../render/progress.ts';

const pollMs = 250;
const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** By its id, or by the host that it has. Throws: `checkout_not_found`. */
export async function checkoutNamed(client: Client, text: string): Promise<string> {
  if (idPattern.test(text)) return text;
  const { items } = await client.listCheckouts({ query: { host_id: parseHostId(text) } });
  const found = items.find(({ state }) => state !== 'booked') ?? items[0];
  if (found !== undefined) return found.checkout_id;
  throw new GuiseError('checkout_not_found', `Cannot find a checkout of "${text}": nobody has it`);
}

/**
 * Until it is in the state, or stands still in another. Polls, because a poll survives a control plane that restarts meanwhile. Tells
 * each state on the way.
 */
export async function awaitCheckout(
  context: Context,
  client: Client,
  asked: Checkout,
  state: Checkout['state'],
): Promise<Checkout> {
  const progress = new ProgressLine(context.err);
  for (;;) {
    const checkout = await client.getCheckout({ params: { checkout_id: asked.checkout_id } });
    // One that was quarantined as it was asked has not been tried again yet.
    const isStuck = checkout.state === 'quarantined' && checkout.state_since !== asked.state_since;
    if (checkout.state === state || checkout.ended_at !== null || isStuck) {
      progress.clear();
      return checkout;
    }
    if (!context.json) progress.show(checkoutText(checkout));
    await delay(pollMs);
  }
}

/** 0 as it was meant, 1 failed and back as it was, 4 quarantined. */
export function printCheckout(context: Context, checkout: Checkout): ExitCode {
  if (context.json) printJson(context, checkout);
  else for (const line of checkoutLines(checkout, context.out)) context.out.line(line);
  if (checkout.state === 'quarantined') return 4;
  return checkout.state === 'failed' ? 1 : 0;
}

export const waitingOptions = {
  wait: { type: 'boolean', summary: 'Wait for it, and tell each state (default on a terminal)' },
  noWait: { type: 'boolean', summary: 'Return as soon as the control plane has it' },
} as const;

export function isWaiting(
  context: Context,
  { wait, noWait }: { readonly wait: boolean; readonly noWait: boolean },
): boolean {
  if (wait && noWait) throw new GuiseError('argument_invalid', 'Cannot use --wait with --no-wait: give one of them');
  return wait || (!noWait && context.out.isTty);
}
