/**
 * Lets the agent that already runs on this machine do `guise apply --yes FILE…`, so that the command line need not load an engine.
 *
 * It imports nothing but Node, because loading is most of what a command without changes costs. It only ever takes over what it
 * can finish: anything unusual about the arguments, no agent, or a refusal before anything happened is left to the command proper,
 * which then says what is wrong.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PlanReport } from '@guise/api';
import type { TransactionReport } from '@guise/model';

const agentSocketPath = '/run/guise/agent.sock';
/** As long as the longest switch may take. */
const answerTimeoutMs = 1_860_000;

export interface AgentAnswer {
  readonly outcome: 'unchanged' | 'committed' | 'rolled_back' | 'stuck';
  readonly plan: PlanReport;
  readonly transaction: TransactionReport | null;
  /** Of the personas given, those that are not active now, and why. */
  readonly waiting: readonly { readonly instance: string; readonly reason: string }[];
}

/** Null when this is not for the agent. */
export async function askResidentAgent(argv: readonly string[], cwd: string): Promise<AgentAnswer | null> {
  const files = filesToApply(argv);
  if (files === null || !existsSync(agentSocketPath)) return null;
  return put('/personas/active', { files: files.map((file) => resolve(cwd, file)) });
}

/** Of `apply --yes FILE… [--json]` and nothing else. */
function filesToApply([command, ...rest]: readonly string[]): readonly string[] | null {
  if (command !== 'apply' || !rest.includes('--yes')) return null;
  const files = rest.filter((word) => word !== '--yes' && word !== '--json');
  return files.length > 0 && files.every((file) => !file.startsWith('-')) ? files : null;
}

function put(path: string, body: unknown): Promise<AgentAnswer | null> {
  // An `import` of node:http would load undici and TLS with it; see the agent's node-http.ts.
  const { request } = process.getBuiltinModule('node:http');
  return new Promise((answer) => {
    const asked = request(
      { socketPath: agentSocketPath, path, method: 'PUT', timeout: answerTimeoutMs },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          answer(
            response.statusCode === 200 ? (JSON.parse(Buffer.concat(chunks).toString('utf8')) as AgentAnswer) : null,
          );
        });
      },
    );
    asked.on('error', () => answer(null));
    asked.end(JSON.stringify(body));
  });
}
