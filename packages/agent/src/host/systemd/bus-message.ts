/**
 * D-Bus messages as bytes: as much of the wire format as talking to systemd takes.
 *
 * Bodies that are sent hold strings, booleans and lists of strings; bodies that are read may hold anything but file descriptors.
 * Little-endian is what is sent; a peer on the same machine answers alike.
 * Source: D-Bus specification, "Message Protocol" and "Type System".
 */
import { GuiseError } from '@guise/model';

export type Outgoing = string | boolean | readonly string[];
export type Incoming = string | number | bigint | boolean | readonly Incoming[];

export interface Call {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly Outgoing[];
}

export interface Message {
  readonly type: 'call' | 'reply' | 'error' | 'signal';
  readonly replyTo: number | null;
  readonly member: string | null;
  readonly errorName: string | null;
  readonly body: readonly Incoming[];
}

const fixedHeaderBytes = 16;
const messageSizeBytes = 128 * 1024 * 1024;
const types = { 1: 'call', 2: 'reply', 3: 'error', 4: 'signal' } as const;
const fields = { path: 1, interface: 2, member: 3, errorName: 4, replyTo: 5, destination: 6, signature: 8 } as const;

export function encodeCall(serial: number, call: Call): Buffer {
  const body = new Writer();
  for (const value of call.body) body.value(value);
  const head = new Writer();
  head.bytes(Buffer.from(['l'.charCodeAt(0), 1, 0, 1]));
  head.uint32(body.sizeBytes);
  head.uint32(serial);
  const headerFields = new Writer();
  headerFields.field(fields.path, 'o', call.path);
  headerFields.field(fields.interface, 's', call.interface);
  headerFields.field(fields.member, 's', call.member);
  headerFields.field(fields.destination, 's', 'org.freedesktop.systemd1');
  if (call.body.length > 0) headerFields.field(fields.signature, 'g', call.body.map(signatureOf).join(''));
  head.uint32(headerFields.sizeBytes);
  // The fields begin at byte 16, so their own alignment is that of the message.
  head.bytes(headerFields.toBuffer());
  head.align(8);
  return Buffer.concat([head.toBuffer(), body.toBuffer()]);
}

/** The size of the message that begins here; null while too little of it has come to tell. Throws: `host_unavailable`. */
export function messageSize(bytes: Buffer): number | null {
  if (bytes.length < fixedHeaderBytes) return null;
  if (bytes[0] !== 'l'.charCodeAt(0)) throw new GuiseError('host_unavailable', 'Cannot read what systemd answers: not little-endian D-Bus');
  const size = aligned(fixedHeaderBytes + bytes.readUInt32LE(12), 8) + bytes.readUInt32LE(4);
  if (size > messageSizeBytes) throw new GuiseError('host_unavailable', `Cannot read what systemd answers: a message of ${size} bytes`);
  return size;
}

export function decodeMessage(bytes: Buffer): Message {
  const reader = new Reader(bytes, 12);
  const headers = new Map((reader.value('a(yv)') as readonly (readonly [number, Incoming])[]).map(([code, value]) => [code, value]));
  reader.align(8);
  const text = (code: number): string | null => (headers.has(code) ? String(headers.get(code)) : null);
  const replyTo = headers.get(fields.replyTo);
  return {
    type: types[bytes[1] as keyof typeof types],
    replyTo: replyTo === undefined ? null : Number(replyTo),
    member: text(fields.member),
    errorName: text(fields.errorName),
    body: splitSignature(text(fields.signature) ?? '').map((type) => reader.value(type)),
  };
}

class Writer {
  readonly #parts: Buffer[] = [];
  sizeBytes = 0;

  value(value: Outgoing): void {
    if (typeof value === 'string') this.string(value);
    else if (typeof value === 'boolean') this.uint32(value ? 1 : 0);
    else {
      const items = new Writer();
      for (const item of value) items.string(item);
      this.uint32(items.sizeBytes);
      this.bytes(items.toBuffer());
    }
  }

  field(code: number, type: 's' | 'o' | 'g', text: string): void {
    this.align(8);
    this.bytes(Buffer.from([code, 1, type.charCodeAt(0), 0]));
    if (type === 'g') this.bytes(Buffer.from([text.length, ...Buffer.from(text), 0]));
    else this.string(text);
  }

  string(text: string): void {
    const content = Buffer.from(text);
    this.uint32(content.length);
    this.bytes(content);
    this.bytes(Buffer.from([0]));
  }

  uint32(value: number): void {
    this.align(4);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    this.bytes(bytes);
  }

  align(boundary: number): void {
    this.bytes(Buffer.alloc(aligned(this.sizeBytes, boundary) - this.sizeBytes));
  }

  bytes(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.sizeBytes += bytes.length;
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

class Reader {
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
        throw new GuiseError('host_unavailable', `Cannot read what systemd answers: a value of type ${JSON.stringify(type)}`);
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

function signatureOf(value: Outgoing): string {
  if (typeof value === 'string') return 's';
  return typeof value === 'boolean' ? 'b' : 'as';
}

/** `sa(ss)u` → `s`, `a(ss)`, `u`. */
function splitSignature(signature: string): readonly string[] {
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

function aligned(size: number, boundary: number): number {
  return Math.ceil(size / boundary) * boundary;
}
