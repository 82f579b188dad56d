/**
 * Strikes a switch at every point, one after another, and looks at the whole host after each. Runs inside a lab host.
 *
 * Point n of N: the attempt runs in a process of its own that is killed, or whose disk fails, at its nth point. Then the engine
 * is opened anew, as the agent's next start would, and the host's fingerprint must be the old one or the new one.
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
const settle = async (files: readonly string[]): Promise<string> => {
  const engine = engineHere({ root: '/', stateDirectory });
  try {
    return (await engine.apply(await layersOf(files))).type;
  } finally {
    engine.close();
  }
};

await settle(scenario.from);
const old = await fingerprint();
const { ended: whole, points } = attempt('count');
const afterWhole = await fingerprint();
await settle(scenario.from);
expectSame('the way back', old, await fingerprint());

const findings: Finding[] = [];
for (const fault of scenario.faults) {
  for (let at = 1; at <= points; at += scenario.stride) {
    const finding = await strike(fault, at);
    findings.push(finding);
    process.stdout.write(`${JSON.stringify(finding)}\n`);
    if (finding.host !== 'old') {
      await settle(scenario.from);
      expectSame(`the way back from ${fault}@${at}`, old, await fingerprint());
    }
  }
}
process.stdout.write(`${JSON.stringify({ whole, points, findings: findings.length })}\n`);

async function strike(fault: FaultType, at: number): Promise<Finding> {
  const { ended, point } = attempt(`${fault}@${at}`);
  const engine = engineHere({ root: '/', stateDirectory });
  await engine.recover();
  engine.close();
  const now = await fingerprint();
  const fromOld = diffFingerprints(old, now);
  const fromNew = diffFingerprints(afterWhole, now);
  const host = fromOld.length === 0 ? 'old' : fromNew.length === 0 ? 'new' : 'other';
  return { fault, at, point, ended, host, differences: host === 'other' ? fromOld : [] };
}

function attempt(fault: string): { readonly ended: string; readonly points: number; readonly point: string } {
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'attempt.ts'), stateDirectory, ...scenario.to],
    {
      encoding: 'utf8',
      timeout: attemptTimeoutMs,
      env: { ...process.env, GUISE_FAULT: fault, GUISE_FAULT_FILE: countFile },
    },
  );
  const ended = signal ?? (status === 0 ? stdout : `exit ${status}: ${stderr.split('\n').find((line) => /Error/.test(line)) ?? stderr.trim()}`);
  const points = fault === 'count' ? Number(readFileSync(countFile, 'utf8')) : 0;
  const point = /guise fault at (.*)/.exec(stderr)?.[1] ?? '';
  return { ended, points, point };
}

function expectSame(what: string, before: Fingerprint, after: Fingerprint): void {
  const differences = diffFingerprints(before, after);
  if (differences.length > 0) throw new Error(`${what}: the host is not as it was: ${differences.slice(0, 20).join(', ')}`);
}
