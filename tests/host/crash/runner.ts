/**
 * Strikes a switch at every point, one after another, and looks at the whole host after each. Runs inside a lab host.
 *
 * Point n of N: a kill needs a process of its own, a disk that fails only an engine of its own. Then an engine is opened as the
 * agent's next start would, and the host's fingerprint must be the old one or the new one.
 * Prints one JSON line per point and one with the sum.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineHere } from '@guise/agent';
import { diffFingerprints, type Fingerprint, fingerprint } from '../fingerprint.ts';
import { layersOf } from './layers-of.ts';
import type { FaultType, Finding, Scenario } from './scenario.ts';

const stateDirectory = '/var/lib/guise';
const countFile = '/run/guise-points';
const attemptTimeoutMs = 300_000;

const scenario = JSON.parse(process.argv[2] ?? '') as Scenario;
const from = await layersOf(scenario.from);
const to = await layersOf(scenario.to);

await settle();
const old = await fingerprint();
const whole = attempt('count').ended;
const points = Number(readFileSync(countFile, 'utf8'));
const afterWhole = await fingerprint();
await settle();
expectSame('the way back', old, await fingerprint());

let found = 0;
for (const type of scenario.faults) {
  const start = 1 + Math.floor(scenario.from_share * points);
  for (let at = start + scenario.part; at <= points; at += 2) {
    const finding = await strike(type, at);
    process.stdout.write(`${JSON.stringify(finding)}\n`);
    found += 1;
    if (finding.host === 'old') continue;
    await settle();
    expectSame(`the way back from ${type}@${at}`, old, await fingerprint());
  }
}
process.stdout.write(`${JSON.stringify({ whole, points, findings: found })}\n`);

async function settle(): Promise<void> {
  const engine = engineHere({ root: '/', stateDirectory, environment: {} });
  await engine.apply(from);
  engine.close();
}

async function strike(fault: FaultType, at: number): Promise<Finding> {
  const { ended, point } = fault === 'kill' ? attempt(`kill@${at}`) : await failingDisk(`${fault}@${at}`);
  const engine = engineHere({ root: '/', stateDirectory, environment: {} });
  await engine.recover();
  engine.close();
  const now = await fingerprint();
  const fromOld = diffFingerprints(old, now);
  const fromNew = diffFingerprints(afterWhole, now);
  const host = fromOld.length === 0 ? 'old' : fromNew.length === 0 ? 'new' : 'other';
  return { fault, at, point, ended, host, differences: host === 'other' ? fromOld : [] };
}

interface Attempt {
  /** A signal, an outcome, or an error's code. */
  readonly ended: string;
  readonly point: string;
}

function attempt(fault: string): Attempt {
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'attempt.ts'), stateDirectory, ...scenario.to],
    {
      encoding: 'utf8',
      timeout: attemptTimeoutMs,
      env: { ...process.env, GUISE_FAULT: fault, GUISE_FAULT_FILE: countFile },
    },
  );
  const failure = stderr.split('\n').find((line) => /Error/.test(line)) ?? stderr.trim();
  return {
    ended: signal ?? (status === 0 ? stdout : `exit ${status}: ${failure}`),
    point: /guise fault at (.*)/.exec(stderr)?.[1] ?? '',
  };
}

async function failingDisk(fault: string): Promise<Attempt> {
  const engine = engineHere({ root: '/', stateDirectory, environment: { GUISE_FAULT: fault } });
  try {
    return { ended: (await engine.apply(to)).type, point: '' };
  } catch (error) {
    return { ended: error instanceof Error && 'code' in error ? String(error.code) : String(error), point: '' };
  } finally {
    engine.close();
  }
}

function expectSame(what: string, before: Fingerprint, after: Fingerprint): void {
  const differences = diffFingerprints(before, after);
  if (differences.length > 0)
    throw new Error(`${what}: the host is not as it was: ${differences.slice(0, 20).join(', ')}`);
}
