/**
 * Text for a log, where a line is a record: further lines are set in, so that none can pass for a record of its own, and control
 * characters are spelled out, because people read logs on terminals.
 */
export function logText(text: string): string {
  return text
    .replaceAll(/\r?\n|[\u2028\u2029\u0085]/g, '\n  ')
    .replaceAll(
      /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu,
      (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
