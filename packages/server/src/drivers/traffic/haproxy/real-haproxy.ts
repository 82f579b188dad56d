/** A real haproxy on loopback in front of real web servers, for tests: h1 and h2 of its own, or those of lab hosts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type StartedServer, startTestServer } from '../test-servers.ts';

/** How often a health check asks, in ms. */
const checkEveryMs = 50;

export class Backend {
  readonly name: string;
  readonly #server: Server;
  /** Requests of clients that it got. */
  served = 0;
  isHealthy = true;
  #held: ServerResponse[] = [];

  constructor(name: string) {
    this.name = name;
    this.#server = createServer((asked, answer) => this.#answer(asked, answer));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  start(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  /** Answers what it was asked at `/held`. */
  letGo(): void {
    for (const answer of this.#held) answer.end(this.name);
    this.#held = [];
  }

  stop(): Promise<unknown> {
    this.letGo();
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ url }: IncomingMessage, answer: ServerResponse): void {
    if (url === '/health') return void answer.writeHead(this.isHealthy ? 200 : 503).end();
    this.served += 1;
    if (url === '/held') return void this.#held.push(answer);
    answer.end(this.name);
  }
}

interface HaproxyServerPlace {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export interface RealHaproxyOptions {
  /** Whether it asks servers for their health; default true. */
  readonly isChecked?: boolean;
  /** Instead of h1 and h2, which it starts itself. */
  readonly servers?: readonly HaproxyServerPlace[];
  /** Failed checks in a row that make a server unhealthy; default 1, which a busy machine brings about by itself. */
  readonly fall?: number;
  /** What it asks them for their health; default `/health`. */
  readonly healthPath?: string;
  /** More lines of the backend. */
  readonly backend?: readonly string[];
}

export class RealHaproxy {
  readonly directory = mkdtempSync(join(tmpdir(), 'guise-haproxy-'));
  readonly backends: readonly [Backend, Backend] = [new Backend('h1'), new Backend('h2')];
  readonly #options: RealHaproxyOptions;
  readonly #agent = new Agent({ keepAlive: true });
  #server: StartedServer | undefined;
  port = 0;
  adminPort = 0;

  constructor(options: RealHaproxyOptions = {}) {
    this.#options = options;
  }

  get socket(): string {
    return join(this.directory, 'admin.sock');
  }

  async start(): Promise<void> {
    await Promise.all(this.backends.map((backend) => backend.start()));
    this.port = await freePort();
    this.adminPort = await freePort();
    const file = join(this.directory, 'haproxy.cfg');
    writeFileSync(file, this.#configuration());
    this.#server = await startTestServer('haproxy', ['-db', '-f', file], () => isOpen(this.socket));
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    await this.#server?.stop();
    await Promise.all(this.backends.map((backend) => backend.stop()));
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Who answered; throws for anything else than a good answer. */
  get(path = '/', headers: Readonly<Record<string, string>> = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, path, headers, agent: this.#agent };
      const asking = request(options, (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += String(chunk)));
        answer.on('error', reject);
        answer.on('end', () =>
          answer.statusCode === 200 ? resolve(text) : reject(new Error(`HTTP status ${answer.statusCode}`)),
        );
      });
      asking.on('error', reject);
      asking.end();
    });
  }

  #configuration(): string {
    const check =
      this.#options.isChecked === false ? '' : ` check inter ${checkEveryMs} fall ${this.#options.fall ?? 1} rise 2`;
    const own = () => this.backends.map(({ name, port }) => ({ name, address: '127.0.0.1', port }));
    const servers = this.#options.servers ?? own();
    return [
      'global',
      `  stats socket unix@${this.socket} mode 600 level admin`,
      `  stats socket ipv4@127.0.0.1:${this.adminPort} level admin`,
      'defaults',
      '  mode http',
      '  timeout connect 2s',
      '  timeout client 60s',
      '  timeout server 60s',
      'frontend all',
      `  bind 127.0.0.1:${this.port}`,
      '  default_backend web',
      'backend web',
      `  option httpchk GET ${this.#options.healthPath ?? '/health'}`,
      '  option redispatch',
      ...(this.#options.backend ?? []).map((line) => `  ${line}`),
      ...servers.map(({ name, address, port }) => `  server ${name} ${address}:${port} cookie ${name}${check}`),
      '',
    ].join('\n');
  }
}

function isOpen(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const say = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => say(true));
    socket.once('error', () => say(false));
  });
}
