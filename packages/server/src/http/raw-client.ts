/** For tests: HTTP by hand over a real socket, from any address of this machine's loopback, for what no well-behaved client would send. */
import { connect, type Socket } from 'node:net';

export interface RawOptions {
  readonly url: string;
  /** Such as `127.0.0.2`. */
  readonly from?: string;
}

export class RawClient {
  readonly socket: Socket;
  readonly #ended: Promise<void>;
  #wake: () => void = () => undefined;
  #text = '';

  constructor({ url, from = '127.0.0.1' }: RawOptions) {
    const { hostname, port } = new URL(url);
    this.socket = connect({ host: hostname, port: Number(port), localAddress: from });
    this.socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake();
    });
    // A reset is one way to be refused.
    this.socket.on('error', () => undefined);
    this.#ended = new Promise((ended) => this.socket.once('close', () => ended()));
  }

  send(text: string): this {
    this.socket.write(text);
    return this;
  }

  /** All that came until the other side ended the connection. */
  async untilEnd(): Promise<string> {
    await this.#ended;
    return this.#text;
  }

  /** All that came so far, once it has this in it or the connection ended. */
  async until(words: string | RegExp): Promise<string> {
    while (!this.socket.closed && !this.#has(words)) {
      const came = new Promise<void>((wake) => {
        this.#wake = wake;
      });
      await Promise.race([came, this.#ended]);
    }
    return this.#text;
  }

  end(): void {
    this.socket.destroy();
  }

  #has(words: string | RegExp): boolean {
    return typeof words === 'string' ? this.#text.includes(words) : words.test(this.#text);
  }
}

/** One request with these headers, as text. */
export function requestText(line: string, headers: Readonly<Record<string, string>> = {}, body = ''): string {
  const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const all = Object.entries({ host: 'guise', ...length, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${all.join('')}\r\n${body}`;
}
