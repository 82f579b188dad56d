/**
 * Text from the other side → a checked message, or why not. Never throws: a peer's mistake is an expected outcome.
 */
import { limits, tooDeepAt } from '@guise/model';
import type { z } from 'zod';

export type Decoded<Message> =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly reason: string };

export function decodeMessage<Schema extends z.ZodType>(schema: Schema, text: string): Decoded<z.output<Schema>> {
  if (text.length > limits.wireMessageBytes) {
    return {
      ok: false,
      reason: `the message has ${text.length} characters, and ${limits.wireMessageBytes} are allowed`,
    };
  }
  if (tooDeepAt(text) !== null)
    return { ok: false, reason: `the message is nested more than ${limits.jsonDepth} deep` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'the message is not JSON' };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, message: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, reason: `${issue?.path.join('.') || 'message'}: ${issue?.message ?? 'not understood'}` };
}
