/** D-Bus values as bytes, little-endian. Source: D-Bus specification, "Marshaling (Wire Format)". */

export type Outgoing = string | boolean | readonly string[];

export class Writer {
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

export function signatureOf(value: Outgoing): string {
  if (typeof value === 'string') return 's';
  return typeof value === 'boolean' ? 'b' : 'as';
}

export function aligned(size: number, boundary: number): number {
  return Math.ceil(size / boundary) * boundary;
}
