/**
 * From bytes to text that a parser may see, and from offsets in it to lines and columns.
 *
 * Refused before anything is parsed: more than `limits.documentSizeBytes`, bytes that are not UTF-8, half of a surrogate
 * pair, control characters. A byte order mark at the beginning is left out; Windows line ends are fine.
 */
import { GuiseError } from '../errors.ts';
import { limits } from '../limits.ts';
import { errorOf, type Position, problemOf } from './problem.ts';

/** Throws: `document_too_large`, `document_invalid`. */
export function documentText(input: Uint8Array | string, file: string): string {
  const sizeBytes = typeof input === 'string' ? utf8Bytes(input) : input.byteLength;
  if (sizeBytes > limits.documentSizeBytes) {
    throw new GuiseError(
      'document_too_large',
      `Cannot read ${file}: a document may have ${limits.documentSizeBytes} bytes, and it has ${sizeBytes}`,
    );
  }
  const text = (typeof input === 'string' ? input : decoded(input, file)).replace(/^\uFEFF/, '');
  if (!text.isWellFormed()) throw refused(file, text, loneSurrogate(text), 'half of a surrogate pair');
  const control = controlCharacter(text);
  if (control !== -1) throw refused(file, text, control, characterName(text.charCodeAt(control)));
  return text;
}

/** Both count from 1; a column is one UTF-16 unit. */
function positionIn(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return [before.split('\n').length, offset - before.lastIndexOf('\n')];
}

function decoded(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    throw refused(file, text, text.indexOf('\uFFFD'), 'a byte that is not UTF-8');
  }
}

function refused(file: string, text: string, offset: number, found: string): GuiseError {
  const rule = 'must be UTF-8 text without control characters';
  const sentence = `Cannot read the document: it ${rule}, and it has ${found}`;
  return errorOf('document_invalid', [problemOf({ file, at: positionIn(text, offset), path: '', rule, sentence })]);
}

/** The first one's offset, or -1. Tabs and line ends are not meant. */
function controlCharacter(text: string): number {
  for (let offset = 0; offset < text.length; offset += 1) {
    const code = text.charCodeAt(offset);
    if ((code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) || code === 0x7f) return offset;
  }
  return -1;
}

function characterName(code: number): string {
  return `the control character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function loneSurrogate(text: string): number {
  const repaired = text.toWellFormed();
  let offset = 0;
  while (text[offset] === repaired[offset]) offset += 1;
  return offset;
}

/** A string past the limit in UTF-16 units is past it in bytes too, so its bytes are not counted one by one. */
function utf8Bytes(text: string): number {
  return text.length > limits.documentSizeBytes ? text.length : new TextEncoder().encode(text).byteLength;
}
