/**
 * Something that happened elsewhere, as triggers see it: CloudEvents 1.0 in its structured JSON form.
 *
 * Extension attributes stand beside the standard ones, in lower-case letters and digits.
 * Source: CloudEvents specification 1.0.2, "Context Attributes".
 */
import type { Json } from './json.ts';

export interface CloudEvent {
  readonly specversion: '1.0';
  /** Together with `source` it names the event; the same pair again is the same event. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string | undefined;
  /** RFC 3339. */
  readonly time?: string | undefined;
  readonly data?: Json | undefined;
  readonly [attribute: string]: Json | undefined;
}
