/** A real control plane for one test file, with its own PostgreSQL. Call at the top of the file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, client } from '@guise/api';
import { afterAll, beforeAll } from 'vitest';
import { startServer } from './main.ts';
import type { RunningServer } from './server-options.ts';

export interface TestServer {
  readonly api: Client;
  readonly running: RunningServer;
  readonly stateDirectory: string;
  /** What was reported to people. */
  readonly lines: readonly string[];
  /** A request as any program would make it, with the admin token unless `headers` says otherwise. */
  request(
    method: string,
    path: string,
    options?: { body?: string; headers?: Record<string, string> },
  ): Promise<Response>;
}

export function testServer(): TestServer {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'guise-server-'));
  const lines: string[] = [];
  let running: RunningServer;
  beforeAll(async () => {
    running = await startServer({ stateDirectory, port: 0, agentPort: 0, report: (line) => lines.push(line) });
  });
  afterAll(async () => {
    await running.close();
    rmSync(stateDirectory, { recursive: true, force: true });
  });
  return {
    get api() {
      return client({ baseUrl: running.url, token: running.adminToken, fetch });
    },
    get running() {
      return running;
    },
    stateDirectory,
    lines,
    request: (method, path, { body, headers } = {}) =>
      fetch(`${running.url}${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          ...(headers ?? { authorization: `Bearer ${running.adminToken}` }),
        },
        ...(body === undefined ? {} : { body }),
      }),
  };
}

export function personaText(id: string, swappiness: number, more = ''): string {
  return `guise: persona/v1\npersona_id: ${id}\noperating_system: {sysctl: {vm.swappiness: ${swappiness}}}\n${more}`;
}
