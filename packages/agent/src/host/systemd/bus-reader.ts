/** Bytes as D-Bus values. Source: D-Bus specification, "Marshaling (Wire Format)". */
import { GuiseError } from '@guise/model';
import { aligned } from './bus-writer.ts';

export type Incoming = string | number | bigint | boolean | readonly Incoming[];

export class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Structures and lists become arrays, variants their content. */
  value(type: string): Incoming {
    switch (type[0]) {
      case 'y':
        return this.#bytes.readUInt8(this.#take(1));
      case 'b':
        return this.#bytes.readUInt32LE(this.#take(4)) !== 0;
      case 'n':
        return this.#bytes.readInt16LE(this.#take(2));
      case 'q':
        return this.#bytes.readUInt16LE(this.#take(2));
      case 'i':
        return this.#bytes.readInt32LE(this.#take(4));
      case 'u':
        return this.#bytes.readUInt32LE(this.#take(4));
      case 'x':
        return this.#bytes.readBigInt64LE(this.#take(8));
      case 't':
        return this.#bytes.readBigUInt64LE(this.#take(8));
      case 'd':
        return this.#bytes.readDoubleLE(this.#take(8));
      case 's':
      case 'o':
        return this.#text(this.#bytes.readUInt32LE(this.#take(4)));
      case 'g':
        return this.#text(this.#bytes.readUInt8(this.#take(1)));
      case 'v':
        return this.value(this.#text(this.#bytes.readUInt8(this.#take(1))));
      case '(':
      case '{':
        this.align(8);
        return splitSignature(type.slice(1, -1)).map((member) => this.value(member));
      case 'a':
        return this.#list(type.slice(1));
      default:
        throw new GuiseError(
          'host_unavailable',
          `Cannot read what systemd answers: a value of type ${JSON.stringify(type)}`,
        );
    }
  }

  align(boundary: number): void {
    this.#at = aligned(this.#at, boundary);
  }

  #list(type: string): readonly Incoming[] {
    const sizeBytes = this.#bytes.readUInt32LE(this.#take(4));
    this.align(alignmentOf(type));
    const end = this.#at + sizeBytes;
    const items: Incoming[] = [];
    while (this.#at < end) items.push(this.value(type));
    return items;
  }

  #text(sizeBytes: number): string {
    const text = this.#bytes.toString('utf8', this.#at, this.#at + sizeBytes);
    this.#at += sizeBytes + 1;
    return text;
  }

  #take(sizeBytes: number): number {
    this.align(sizeBytes);
    const at = this.#at;
    this.#at += sizeBytes;
    return at;
  }
}

/** `sa(ss)u` → `s`, `a(ss)`, `u`. */
export function splitSignature(signature: string): readonly string[] {
  const complete: string[] = [];
  let start = 0;
  let depth = 0;
  for (let at = 0; at < signature.length; at++) {
    const code = signature[at] ?? '';
    if (code === '(' || code === '{') depth++;
    if (code === ')' || code === '}') depth--;
    if (depth > 0 || code === 'a') continue;
    complete.push(signature.slice(start, at + 1));
    start = at + 1;
  }
  return complete;
}

function alignmentOf(type: string): number {
  if ('xtd({'.includes(type[0] ?? '')) return 8;
  if ('nq'.includes(type[0] ?? '')) return 2;
  return 'ygv'.includes(type[0] ?? '') ? 1 : 4;
}
