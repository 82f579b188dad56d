/** Waits until an activation stays what it is, and tells how far it has come. Throws: `host_unavailable` when that takes too long. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@guise/api';
import { GuiseError, limits } from '@guise/model';
import type { Context } from '../context.ts';
import { type Activation, activationLine } from '../render/activation.ts';
import { ProgressLine } from '../render/progress.ts';

const pollMs = 250;
const resting: readonly Activation['state'][] = ['active', 'warm', 'ended', 'failed'];

export async function awaitActivation(context: Context, client: Client, activation: Activation): Promise<Activation> {
  const deadlineMs = Date.now() + limits.transactionTimeoutMs;
  const progress = new ProgressLine(context.err);
  const params = { activation_id: activation.activation_id };
  let now = activation;
  while (!resting.includes(now.state)) {
    if (Date.now() > deadlineMs)
      throw new GuiseError('host_unavailable', `Cannot tell what became of it in time: ${activationLine(now)}`);
    if (!context.json) progress.show(activationLine(now));
    await delay(pollMs);
    now = await client.getActivation({ params });
  }
  progress.clear();
  return now;
}
