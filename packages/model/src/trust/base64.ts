/**
 * Base64 in its one spelling: padded, and with no bits set that mean nothing.
 *
 * Source: RFC 4648, 3.5 and 4.
 */

/** The last character before the padding, when two or four of its bits are outside the bytes. */
const lastBeforeOne = 'AEIMQUYcgkosw048';
const lastBeforeTwo = 'AQgw';

/** Null for every other spelling. */
export function bytesOfBase64(text: string): Uint8Array | null {
  if (!isCanonicalBase64(text)) return null;
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

export function isCanonicalBase64(text: string): boolean {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return false;
  if (text.endsWith('==')) return lastBeforeTwo.includes(text.at(-3) ?? '=');
  return !text.endsWith('=') || lastBeforeOne.includes(text.at(-2) ?? '=');
}
