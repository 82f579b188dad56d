/**
 * D-Bus messages as bytes: as much of the wire format as talking to systemd takes.
 *
 * Bodies that are sent hold strings, booleans and lists of strings; bodies that are read may hold anything but file descriptors.
 * Little-endian is what is sent; a peer on the same machine answers alike.
 * Source: D-Bus specification, "Message Protocol" and "Type System".
 */
import { GuiseError } from '@guise/model';
import { type Incoming, Reader, splitSignature } from './bus-reader.ts';
import { aligned, type Outgoing, signatureOf, Writer } from './bus-writer.ts';

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
  if (bytes[0] !== 'l'.charCodeAt(0))
    throw new GuiseError('host_unavailable', 'Cannot read what systemd answers: not little-endian D-Bus');
  const size = aligned(fixedHeaderBytes + bytes.readUInt32LE(12), 8) + bytes.readUInt32LE(4);
  if (size > messageSizeBytes)
    throw new GuiseError('host_unavailable', `Cannot read what systemd answers: a message of ${size} bytes`);
  return size;
}

export function decodeMessage(bytes: Buffer): Message {
  const reader = new Reader(bytes, 12);
  const headers = new Map(
    (reader.value('a(yv)') as readonly (readonly [number, Incoming])[]).map(([code, value]) => [code, value]),
  );
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
