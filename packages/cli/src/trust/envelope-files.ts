/** Envelopes as files. Throws: `argument_invalid` for a file that cannot be read or written; `envelope_invalid`. */
import { decodeEnvelopeFile, encodeEnvelopeFile } from '@guise/decide/trust';
import { limits } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import { beginningOf, readBoundedFile } from './bounded-file.ts';
import { writeWhole } from './write-whole.ts';

/** Its own bound, and one byte of line end. */
const sizeMaxBytes = limits.envelopeSizeBytes + 1;

export function readEnvelopeFile(path: string): Envelope {
  return decodeEnvelopeFile(readBoundedFile(path, sizeMaxBytes).bytes);
}

export function writeEnvelopeFile(path: string, envelope: Envelope): void {
  writeWhole(path, encodeEnvelopeFile(envelope), { permissions: 0o644, mode: 'replace' });
}

/** For what must not be lost by writing over it, such as a root. */
export function writeNewEnvelopeFile(path: string, envelope: Envelope): void {
  writeWhole(path, encodeEnvelopeFile(envelope), { permissions: 0o644, mode: 'new' });
}

/** Whether a file begins as an envelope does, and no persona; false when there is nothing to read. */
export function looksLikeEnvelope(path: string): boolean {
  return /^\s*\{\s*"payload/.test(beginningOf(path, 100).toString('latin1'));
}
