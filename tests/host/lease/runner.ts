/**
 * Kills a revert at every point, one after another, and looks at the whole host after the next start. Runs inside a lab host.
 *
 * The host must be what its holder had made of it, or what it was at the snapshot; and a repeated revert must make it the latter.
 * Prints one JSON line per point and one with the number of points.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diffFingerprints, fingerprint } from '../fingerprint.ts';
import type { Deed, Finding } from './deed.ts';

const stateDirectory = '/var/lib/guise';
const countFile = '/run/guise-points';
const deedTimeoutMs = 300_000;
/** Of no persona. */
const ownService = 'own.service';

mkdirSync('/srv/data', { recursive: true });
writeFileSync('/srv/data/orders', 'one\ntwo\n');
writeFileSync('/etc/noted', 'by hand\n');
writeFileSync(`/etc/systemd/system/${ownService}`, '[Service]\nExecStart=/bin/sleep infinity\n');
systemctl('daemon-reload');
systemctl('start', ownService);
succeed('snapshot');
const old = await fingerprint();
disturb();
const counted = attempt('revert', 'count');
if (counted.ended !== 'exit 0') throw new Error(`the revert failed: ${counted.said}`);
const points = Number(readFileSync(countFile, 'utf8'));
expectOld(diffFingerprints(old, await fingerprint()));
await refusesUnnamed();
await startsWhatItFindsStopped();
for (let at = 1; at <= points; at++) process.stdout.write(`${JSON.stringify(await strike(at))}\n`);
process.stdout.write(`${JSON.stringify({ points })}\n`);

/** What a holder does to a host: a persona, and what no persona did. */
function disturb(): void {
  succeed('borrow');
  rmSync('/srv/data', { recursive: true, force: true });
  symlinkSync('/etc/shadow', '/srv/data');
  writeFileSync('/etc/noted', 'changed\n');
  mkdirSync('/opt/holder/deep', { recursive: true });
  writeFileSync('/opt/holder/deep/file', 'mine\n');
}

/** What has no name as text cannot be restored, and nobody may believe that it was. */
async function refusesUnnamed(): Promise<void> {
  const odd = Buffer.concat([Buffer.from('/srv/data/'), Buffer.from([0xff])]);
  writeFileSync(odd, 'hidden');
  const { said } = attempt('revert', '');
  if (!said.includes('not UTF-8')) throw new Error(`A file without a name was not noticed: ${said}`);
  rmSync(odd);
  succeed('revert');
  expectOld(diffFingerprints(old, await fingerprint()));
}

/** As after a kill between the last file and the first service. */
async function startsWhatItFindsStopped(): Promise<void> {
  systemctl('stop', ownService);
  succeed('revert');
  systemctl('is-active', ownService);
  expectOld(diffFingerprints(old, await fingerprint()));
}

async function strike(at: number): Promise<Finding> {
  disturb();
  const before = await fingerprint();
  const { ended, point } = attempt('revert', `kill@${at}`);
  succeed('next start');
  if (existsSync(`${stateDirectory}/snapshots/REVERTING`)) throw new Error(`the revert killed at ${at} did not end`);
  const now = await fingerprint();
  const fromOld = diffFingerprints(old, now);
  const host = fromOld.length === 0 ? 'after' : diffFingerprints(before, now).length === 0 ? 'before' : 'other';
  if (host === 'after') return { at, point, ended, host, differences: [] };
  succeed('revert');
  const left = diffFingerprints(old, await fingerprint());
  return { at, point, ended, host, differences: host === 'other' ? fromOld : left };
}

function systemctl(...argv: readonly string[]): void {
  const { status, stderr } = spawnSync('systemctl', argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`systemctl ${argv.join(' ')} failed: ${stderr}`);
}

function succeed(deed: Deed): void {
  const { ended, said } = attempt(deed, '');
  if (ended !== 'exit 0' || /could not/.test(said)) throw new Error(`${deed} failed with ${ended}: ${said}`);
}

function attempt(deed: Deed, fault: string) {
  const { stderr, status, signal } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'attempt.ts'), stateDirectory, deed],
    {
      encoding: 'utf8',
      timeout: deedTimeoutMs,
      // Kept out of what a revert restores, or each run would give it files to restore.
      env: { ...process.env, NODE_COMPILE_CACHE: '/run/node', GUISE_FAULT: fault, GUISE_FAULT_FILE: countFile },
    },
  );
  return {
    ended: signal ?? `exit ${status}`,
    point: /guise fault at (.*)/.exec(stderr)?.[1] ?? '',
    said: stderr.trim(),
  };
}

function expectOld(differences: readonly string[]): void {
  if (differences.length > 0) throw new Error(`The host is not as it was: ${differences.slice(0, 20).join(', ')}`);
}
