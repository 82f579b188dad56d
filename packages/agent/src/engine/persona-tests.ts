/**
 * Runs the `tests` of active personas when somebody asks for it, one after another, each within its own time.
 *
 * A test that fails is an answer. Nothing that it prints is told with a secret in it.
 * Throws: `persona_not_found` for an instance that is not active; what the signal's reason is, when it is aborted.
 */
import type { CompiledLayer } from '@guise/decide';
import { GuiseError, type Layer, limits, type Probe } from '@guise/model';
import type { Host } from '../host/host.ts';

/** As it travels. */
export interface TestReport {
  readonly instance: string;
  readonly name: string;
  readonly ok: boolean;
  /** Null when it did not end by itself. */
  readonly exit_code: number | null;
  readonly duration_ms: number;
  /** The end of what it printed. */
  readonly output: string;
}

export interface PersonaTests {
  readonly layers: readonly Layer[];
  /** Of the layers, in their order. */
  readonly compiled: readonly CompiledLayer[];
  readonly instances: readonly string[];
  readonly host: Host;
  readonly signal: AbortSignal;
}

export async function runPersonaTests({
  layers,
  compiled,
  instances,
  host,
  signal,
}: PersonaTests): Promise<readonly TestReport[]> {
  const chosen = instances.flatMap((instance) => {
    const index = layers.findIndex((layer) => layer.instance === instance);
    if (index < 0) throw notActive(instance, layers);
    return (compiled[index]?.tests ?? []).map((test) => ({ instance, test }));
  });
  if (chosen.length > limits.testsPerAsk)
    throw new GuiseError(
      'limit_exceeded',
      `Cannot run ${chosen.length} tests: ${limits.testsPerAsk} may be asked for at once`,
    );
  const reports: TestReport[] = [];
  for (const { instance, test } of chosen) {
    const began = performance.now();
    const ended = await run(test, host, signal);
    signal.throwIfAborted();
    reports.push({ instance, name: test.name, ...ended, duration_ms: Math.round(performance.now() - began) });
  }
  return reports;
}

async function run(
  test: Probe,
  host: Host,
  signal: AbortSignal,
): Promise<Pick<TestReport, 'ok' | 'exit_code' | 'output'>> {
  if (test.type !== 'command') throw new Error(`a test is a command, and "${test.name}" is none`);
  try {
    const { timeoutMs } = test;
    const { status, stdout, stderr } = await host.run(test.command, {
      timeoutMs,
      signal,
      accept: 'any',
      reads: true,
      shown: true,
    });
    const output = [stdout, stderr].filter((text) => text !== '').join('\n');
    return { ok: status === 0, exit_code: status, output: output.slice(-limits.testOutputChars) };
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    return { ok: false, exit_code: null, output: error.message.slice(-limits.testOutputChars) };
  }
}

function notActive(instance: string, layers: readonly Layer[]): GuiseError {
  const active = layers.map((layer) => layer.instance).join(', ') || 'none';
  return new GuiseError('persona_not_found', `Cannot run the tests of "${instance}": active here are ${active}`);
}
