/** A real control plane for one test file, with its own PostgreSQL: `beforeAll(() => server.start())`, `afterAll(() => server.stop())`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authorityPath, type Client, client } from '@guise/api';
import { parseHostId } from '@guise/model';
import { startServer } from './main.ts';
import type { RunningServer, ServerOptions } from './server-options.ts';
import { callPort, TestAgent } from './test-agent.ts';

export interface TestRequest {
  readonly body?: string;
  /** Instead of the admin token. */
  readonly headers?: Record<string, string>;
}

export class TestServer {
  readonly stateDirectory = mkdtempSync(join(tmpdir(), 'guise-server-'));
  /** What it said for people. */
  readonly reports: string[] = [];
  readonly #options: Partial<ServerOptions>;
  #running: RunningServer | undefined;

  constructor(options: Partial<ServerOptions> = {}) {
    this.#options = options;
  }

  get running(): RunningServer {
    if (this.#running === undefined) throw new Error('The test server was not started');
    return this.#running;
  }

  get api(): Client {
    return this.apiOf(this.running.adminToken);
  }

  /** As somebody else sees it. */
  apiOf(token: string): Client {
    return client({ baseUrl: this.running.url, token, fetch });
  }

  /** PEM. */
  async authority(): Promise<string> {
    const { body } = await callPort({
      url: this.running.agentUrl,
      path: authorityPath,
      tls: { rejectUnauthorized: false },
    });
    return (body as { ca: string }).ca;
  }

  async start(options: Partial<ServerOptions> = {}): Promise<void> {
    const { stateDirectory, reports } = this;
    const report = (line: string) => reports.push(line);
    const defaults = { stateDirectory, port: 0, agentPort: 0, report };
    this.#running = await startServer({ ...defaults, ...this.#options, ...options });
  }

  async stop(): Promise<void> {
    await this.#running?.close();
    rmSync(this.stateDirectory, { recursive: true, force: true });
  }

  /** Makes it a host of the fleet, also when it is one already. None is connected yet. */
  async enrol(name: string, agentUrl: string = this.running.agentUrl): Promise<TestAgent> {
    const { join_token } = await this.api.createJoinToken({ body: { host_id: parseHostId(name) } });
    return TestAgent.enrol(agentUrl, await this.authority(), join_token, name);
  }

  /** A request as any program would make it. */
  request(method: string, path: string, { body, headers }: TestRequest = {}): Promise<Response> {
    const { url, adminToken } = this.running;
    return fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(headers ?? { authorization: `Bearer ${adminToken}` }) },
      ...(body === undefined ? {} : { body }),
    });
  }
}

export function personaText(id: string, swappiness: number, more = ''): string {
  return `guise: persona/v1\npersona_id: ${id}\noperating_system: {sysctl: {vm.swappiness: ${swappiness}}}\n${more}`;
}
