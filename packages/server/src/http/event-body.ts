/**
 * The three ways in which HTTP carries CloudEvents → the one JSON text that the schema checks.
 *
 * Structured: the event is the body. Batched: the body is a list of them. Binary: attributes are `ce-` headers and the body is
 * the data, here JSON or nothing. Plain `application/json` without such headers is taken as structured or batched.
 * Throws: `argument_invalid`, naming the header, or where the data is not JSON.
 * Source: CloudEvents HTTP Protocol Binding 1.0.2, sections 3.1 to 3.3.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { GuiseError } from '@guise/model';
import { z } from 'zod';
import { checkBody } from './check-part.ts';

/** Besides `application/json`. */
export const eventMediaTypes = ['application/cloudevents+json', 'application/cloudevents-batch+json'] as const;

const headerPrefix = 'ce-';

export function eventBodyText(headers: IncomingHttpHeaders, body: string): string {
  const attributes = Object.entries(headers).filter(([name]) => name.startsWith(headerPrefix));
  const mediaType = headers['content-type'] ?? '';
  if (attributes.length === 0 || mediaType.startsWith('application/cloudevents')) return body;
  const members = attributes.map(([name, value]) => [
    name.slice(headerPrefix.length),
    decoded(name, typeof value === 'string' ? value : ''),
  ]);
  if (mediaType !== '') members.push(['datacontenttype', mediaType]);
  const head = JSON.stringify(Object.fromEntries(members)).slice(0, -1);
  if (body.trim() === '') return `${head}}`;
  // A mistake in the data is found where it stands in the body; what is no JSON must not become some inside the event.
  checkBody(z.unknown(), body);
  return `${head},"data":${body}}`;
}

/** Section 3.1.3.2: quotes come off first, then percent signs. */
function decoded(name: string, value: string): string {
  const unquoted = /^"(.*)"$/s.exec(value)?.[1]?.replaceAll(/\\(.)/gs, '$1') ?? value;
  try {
    return decodeURIComponent(unquoted);
  } catch {
    throw new GuiseError('argument_invalid', `Cannot read the header ${name}: it must be percent-encoded UTF-8`);
  }
}
