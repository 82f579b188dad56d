/** A real control plane for one test file, with its own PostgreSQL: `beforeAll(() => server.start())`, `afterAll(() => server.stop())`. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, client, enrolmentPath } from '@guise/api';
import { startServer } from './main.ts';
import type { RunningServer, ServerOptions } from './server-options.ts';

export interface TestRequest {
  readonly body?: string;
  /** Instead of the admin token. */
  readonly headers?: Record<string, string>;
}

export class TestServer {
  readonly stateDirectory = mkdtempSync(join(tmpdir(), 'guise-server-'));
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

  /** Where agents enrol, which is plain HTTP on their port. */
  get agentHttpUrl(): string {
    return this.running.agentUrl.replace('ws', 'http');
  }

  async start(): Promise<void> {
    const { stateDirectory } = this;
    this.#running = await startServer({
      stateDirectory,
      port: 0,
      agentPort: 0,
      report: () => undefined,
      ...this.#options,
    });
  }

  async stop(): Promise<void> {
    await this.#running?.close();
    rmSync(this.stateDirectory, { recursive: true, force: true });
  }

  /** Makes it a host of the fleet, whose agent may come with this token. None is connected yet. */
  async enrol(name: string, agentToken = name): Promise<void> {
    const { join_token } = await this.api.createJoinToken({ body: {} });
    const agent_token_digest = `sha256:${createHash('sha256').update(agentToken).digest('hex')}`;
    const response = await fetch(`${this.agentHttpUrl}${enrolmentPath}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ join_token, host_id: name, agent_token_digest }),
    });
    if (!response.ok) throw new Error(`"${name}" could not enrol: ${response.status}`);
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
