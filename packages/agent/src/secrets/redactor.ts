/**
 * Takes the values of secrets out of what goes to people: messages of programs, of systemd and of failed checks.
 *
 * Knows every value that this process has opened, the last `valuesKept` of them, as it is, line by line, and as base64, hexadecimal,
 * JSON and URL text. A value of fewer than `limits.secretRedactedChars` characters cannot be told from words and is left.
 * It is the last net, not the first: nothing of guise puts a value into a message.
 */
import { GuiseError, limits, shownSecret } from '@guise/model';

const valuesKept = 2_000;

export class Redactor {
  /** Value → what it may look like. */
  readonly #known = new Map<string, readonly string[]>();
  #pattern: RegExp | null = null;

  add(value: Uint8Array): void {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    const key = bytes.toString('latin1');
    if (this.#known.has(key)) return;
    this.#known.set(key, looksOf(bytes));
    for (const first of this.#known.keys()) {
      if (this.#known.size <= valuesKept) break;
      this.#known.delete(first);
    }
    this.#pattern = null;
  }

  text(text: string): string {
    if (this.#known.size === 0 || text === '') return text;
    this.#pattern ??= patternOf([...this.#known.values()].flat());
    return this.#pattern === null ? text : text.replace(this.#pattern, shownSecret);
  }

  /** Any other error passes: it is a bug, and its text is ours. */
  error(error: unknown): unknown {
    if (!(error instanceof GuiseError) || this.#known.size === 0) return error;
    const { code, message, detail, problems } = error;
    return new GuiseError(code, this.text(message), {
      ...(detail === undefined ? {} : { detail: this.text(detail) }),
      problems: problems.map((problem) => ({ ...problem, message: this.text(problem.message) })),
    });
  }
}

function looksOf(bytes: Buffer): readonly string[] {
  const whole = bytes.toString('utf8');
  const texts = [whole, whole.trim(), ...whole.split(/[\r\n]+/).map((line) => line.trim())];
  const written = texts.flatMap((text) => [text, JSON.stringify(text).slice(1, -1), encodeURIComponentSafely(text)]);
  const encoded = [bytes, Buffer.from(whole.trim())].flatMap((each) => [
    ...base64Of(each, 'base64'),
    ...base64Of(each, 'base64url'),
    each.toString('hex'),
    each.toString('hex').toUpperCase(),
  ]);
  return [...new Set([...written, ...encoded])].filter((look) => look.length >= limits.secretRedactedChars);
}

/** As part of any text: three bytes are four characters, so it depends on where it begins and ends. */
function base64Of(bytes: Buffer, encoding: 'base64' | 'base64url'): readonly string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString(encoding)
      .replace(/=+$/, '');
    const partlyOthers = (before + bytes.length) % 3 === 0 ? 0 : 1;
    return text.slice(Math.ceil((before * 4) / 3), text.length - partlyOthers);
  });
}

/** Longest first, so that no part of a value is left beside one that was taken out. */
function patternOf(looks: readonly string[]): RegExp | null {
  const sorted = [...new Set(looks)].sort((one, other) => other.length - one.length);
  if (sorted.length === 0) return null;
  return new RegExp(sorted.map((look) => look.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
}

function encodeURIComponentSafely(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text;
  }
}
