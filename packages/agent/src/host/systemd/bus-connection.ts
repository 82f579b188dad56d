/**
 * One conversation with systemd over its private socket: calls go out without waiting for each other, answers come back by number.
 *
 * A connection lives for one batch of work and is closed after it, so a restarted systemd is no concern.
 * Throws: `host_unavailable` when there is no systemd or it hangs up, `command_timeout`; `command_failed`
 * with systemd's own words.
 * Source: D-Bus specification, "Authentication Protocol"; org.freedesktop.systemd1(5).
 */
import { connect, type Socket } from 'node:net';
import { GuiseError, limits } from '@guise/model';
import { type Call, decodeMessage, encodeCall, type Message, messageSize } from './bus-message.ts';
import type { Incoming } from './bus-reader.ts';

const socketPath = '/run/systemd/private';

interface Waiting {
  readonly resolve: (body: readonly Incoming[]) => void;
  readonly reject: (error: GuiseError) => void;
}

/** Opens, lets `work` talk, and closes. */
export async function withSystemdBus<T>(work: (bus: BusConnection) => Promise<T>): Promise<T> {
  const bus = new BusConnection();
  try {
    return await work(bus);
  } finally {
    bus.close();
  }
}

export class BusConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #deadline: NodeJS.Timeout;
  #received: Buffer = Buffer.alloc(0);
  #unsent: Buffer[] = [];
  #accepted = false;
  #serial = 0;
  #broken: GuiseError | null = null;
  onSignal: (message: Message) => void = () => {};

  constructor() {
    this.#socket = connect(socketPath);
    this.#socket.on('data', (bytes) => this.#receive(bytes));
    this.#socket.on('error', (cause) =>
      this.#break(new GuiseError('host_unavailable', `Cannot reach systemd: ${cause.message}`, { cause })),
    );
    this.#socket.on('close', () =>
      this.#break(new GuiseError('host_unavailable', 'Cannot go on with systemd: it closed the connection')),
    );
    this.#deadline = setTimeout(
      () =>
        this.#break(new GuiseError('command_timeout', `Cannot wait longer for systemd: ${limits.unitJobTimeoutMs} ms`)),
      limits.unitJobTimeoutMs,
    );
    // The peer knows by the socket who we are; it only wants to be told the same user number. Messages wait for its OK: those
    // that arrive together with BEGIN lie there until more comes.
    const user = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
    this.#socket.write(`\0AUTH EXTERNAL ${user}\r\nBEGIN\r\n`);
  }

  call(call: Call): Promise<readonly Incoming[]> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    const serial = ++this.#serial;
    const bytes = encodeCall(serial, call);
    if (this.#accepted) this.#socket.write(bytes);
    else this.#unsent.push(bytes);
    return new Promise((resolve, reject) => this.#waiting.set(serial, { resolve, reject }));
  }

  /** Rejects when the connection breaks; for those who wait for a signal. */
  broken(): Promise<never> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    return new Promise((_, reject) => this.#waiting.set(++this.#serial, { resolve: () => {}, reject }));
  }

  close(): void {
    this.#break(new GuiseError('host_unavailable', 'Cannot go on with systemd: the conversation is over'));
  }

  #receive(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    try {
      if (!this.#accepted) this.#greet();
      if (this.#accepted) this.#dispatch();
    } catch (error) {
      this.#break(
        error instanceof GuiseError
          ? error
          : new GuiseError('host_unavailable', 'Cannot read what systemd answers', { cause: error }),
      );
    }
  }

  #greet(): void {
    const end = this.#received.indexOf('\r\n');
    if (end < 0) return;
    const line = this.#received.toString('utf8', 0, end);
    if (!line.startsWith('OK '))
      throw new GuiseError('host_unavailable', `Cannot talk to systemd: it refused with ${JSON.stringify(line)}`);
    this.#received = this.#received.subarray(end + 2);
    this.#accepted = true;
    this.#socket.write(Buffer.concat(this.#unsent));
    this.#unsent = [];
  }

  #dispatch(): void {
    for (
      let size = messageSize(this.#received);
      size !== null && size <= this.#received.length;
      size = messageSize(this.#received)
    ) {
      const message = decodeMessage(this.#received.subarray(0, size));
      this.#received = this.#received.subarray(size);
      if (message.type === 'signal') this.onSignal(message);
      else this.#settle(message);
    }
  }

  #settle({ type, replyTo, body, errorName }: Message): void {
    const waiting = replyTo === null ? undefined : this.#waiting.get(replyTo);
    if (replyTo === null || waiting === undefined) return;
    this.#waiting.delete(replyTo);
    if (type === 'reply') waiting.resolve(body);
    else waiting.reject(new GuiseError('command_failed', String(body[0] ?? errorName), { detail: errorName ?? '' }));
  }

  #break(error: GuiseError): void {
    clearTimeout(this.#deadline);
    this.#socket.destroy();
    this.#broken ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#broken);
    this.#waiting.clear();
  }
}
