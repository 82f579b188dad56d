import { fork } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consistencyRanges, leafHash, rangeRoot, rootOf, wholeNodes } from '@guise/decide/audit';
import { limits } from '@guise/model';
import { openCheckpoint, signCheckpoint } from '@guise/trust/checkpoint';
import { newSigningKey } from '@guise/trust/signing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AlertBook } from '../triggers/alert-book.ts';
import { CheckpointKeeper, type CheckpointMessage } from './checkpoint-keeper.ts';
import { auditEvidencePath, trustPath } from './places.ts';
import { rememberedCheckpoint } from './remembered-checkpoint.ts';
import { rememberedSize, takeCheckpoints } from './take-checkpoints.ts';
import { TrustStore } from './trust-store.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
const key = newSigningKey();
const origin = 'guise.local/one';
const root = { payload: '', payloadType: '', signatures: [{ keyid: '', sig: `${'A'.repeat(86)}==` }] };
const history = (name: string) =>
  Array.from({ length: 240 }, (_, index) => leafHash(sha256, Buffer.from(`${name} ${index}`)));
const log = history('log');
/** Begins like the log and goes on otherwise. */
const forkedLog = [...log.slice(0, 12), ...history('fork').slice(12)];

let directory: string;
let trust: TrustStore;
let alerts: AlertBook;
let lines: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'guise-trust-'));
  trust = new TrustStore(trustPath(directory));
  alerts = new AlertBook(
    () => 0,
    () => undefined,
  );
  lines = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const pin = () => trust.pin({ organization: 'local', environment: 'development', root, auditKey: key.publicKey });
const partsOf = () => ({
  trust,
  evidencePath: auditEvidencePath(directory),
  alerts,
  nowMs: () => 0,
  report: (line: string) => lines.push(line),
});
const keeper = () => new CheckpointKeeper(partsOf());

function message(from: number, to: number, { leaves = log, by = key, name = origin } = {}): CheckpointMessage {
  const note = signCheckpoint(by, { origin: name, size: to, root: rootOf(sha256, leaves.slice(0, to)) });
  const proof = consistencyRanges(from, to).map((range) => {
    const nodes = wholeNodes(range).map(({ height, place }) =>
      rootOf(sha256, leaves.slice(place * 2 ** height, (place + 1) * 2 ** height)),
    );
    return Buffer.from(rangeRoot(sha256, nodes)).toString('base64');
  });
  return { type: 'checkpoint', note, from, consistency: proof };
}

describe('checkpoints', () => {
  it('are remembered one after the other, over restarts', () => {
    expect(keeper().take(message(0, 5))).toBe('unknown');
    pin();
    expect(keeper().take(message(0, 5))).toBe('remembered');
    expect(keeper().take(message(0, 5))).toBe('known');
    const after = new TrustStore(trustPath(directory));
    expect(rememberedSize(after)).toBe(5);
    trust = after;
    expect(keeper().take(message(5, 17))).toBe('remembered');
    expect(rememberedCheckpoint(directory)).toMatchObject({ origin, size: 17, refused: 0, key: key.publicKey });
    expect(alerts.lasting()).toEqual([]);
  });

  it.each([
    ['is signed by another key', message(10, 20, { by: newSigningKey() }), 'is not signed by the key'],
    ['is of another log', message(10, 20, { name: 'guise.local/other' }), 'it is of another log'],
    ['is shorter', message(0, 9), 'it has 9 entries, and there were 10'],
    ['is as long, and another', message(10, 10, { leaves: history('rewritten') }), 'its 10 entries are others'],
    ['was rewritten', message(10, 20, { leaves: history('rewritten') }), 'do not begin with the 10'],
    ['is proven from the beginning', message(0, 20), 'it is proven from 0 entries'],
    ['is proven by nothing', { ...message(10, 20), consistency: [] }, 'do not begin with the 10'],
    ['is no checkpoint', { ...message(10, 20), note: 'guise.local/one\n20\n' }, 'Cannot read the checkpoint'],
  ])('one that %s is refused, kept, told, and changes nothing', (_, refused, reason) => {
    pin();
    keeper().take(message(0, 10));
    const known = trust.state?.audit.checkpoint;
    expect(keeper().take(refused)).toBe('refused');
    expect(trust.state?.audit.checkpoint).toBe(known);
    const kept = JSON.parse(readFileSync(auditEvidencePath(directory), 'utf8')) as { known: string; refused: string }[];
    expect(kept).toMatchObject([{ known, refused: refused.note }]);
    expect(lines.join()).toContain(reason);
    expect(alerts.lasting()).toMatchObject([
      { type: 'audit', severity: 'page', message: expect.stringContaining(reason) },
    ]);
    expect(rememberedCheckpoint(directory)).toMatchObject({ size: 10, refused: 1 });
    // What goes on from the log that is known is still taken.
    expect(keeper().take(message(10, 30))).toBe('remembered');
  });

  it('that were refused are few in their file, the first of them and the last, and the alert comes again', () => {
    pin();
    keeper().take(message(0, 10));
    for (let to = 14; to < 40; to++) {
      for (let twice = 0; twice < 2; twice++)
        expect(keeper().take(message(10, to, { leaves: history('rewritten') }))).toBe('refused');
    }
    const kept = JSON.parse(readFileSync(auditEvidencePath(directory), 'utf8')) as { refused: string }[];
    expect(kept).toHaveLength(limits.auditEvidence);
    const sizes = kept.map(({ refused }) => openCheckpoint(refused, key.publicKey).size);
    expect(sizes).toEqual([14, 15, 16, 17, 18, 19, 20, 39]);
    alerts = new AlertBook(
      () => 0,
      () => undefined,
    );
    keeper();
    expect(alerts.lasting().map(({ key: of }) => of)).toEqual(['audit:checkpoint']);
  });

  it('of a fork are refused by whoever saw the log past it, and by nobody else', () => {
    pin();
    keeper().take(message(0, 12));
    expect(keeper().take(message(12, 20, { leaves: forkedLog }))).toBe('remembered');
    expect(keeper().take(message(20, 30))).toBe('refused');
  });

  it('are not remembered when the disk refuses, and the control plane is asked anew', async () => {
    pin();
    const path = trustPath(directory);
    // A folder in the place of the temporary file: not even root can write there.
    mkdirSync(join(`${path}.new`, 'in-the-way'), { recursive: true });
    let isFailed = false;
    const take = takeCheckpoints({ ...partsOf(), onFailure: () => (isFailed = true) });
    take(message(0, 5));
    while (!isFailed) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(rememberedSize(trust)).toBe(0);
    expect(lines.join()).toContain('Cannot keep what this host trusts');
    rmSync(`${path}.new`, { recursive: true });
    take(message(0, 5));
    while (rememberedSize(trust) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(existsSync(auditEvidencePath(directory))).toBe(false);
  });

  it('are remembered whole, whenever the agent is killed', async () => {
    pin();
    const notes = Array.from({ length: log.length }, (_, index) => message(index, index + 1));
    const messages = join(directory, 'messages.json');
    writeFileSync(messages, JSON.stringify(notes));
    for (let killed = 0; killed < 8; killed++) {
      pin();
      trust.change({ audit: { key: key.publicKey, checkpoint: null } });
      const child = fork(join(import.meta.dirname, 'killed-keeper.ts'), [directory, messages]);
      let told = 0;
      child.on('message', (size) => {
        told = Number(size);
        if (told >= killed * 4) child.kill('SIGKILL');
      });
      await once(child, 'exit');
      trust = new TrustStore(trustPath(directory));
      // What was told to be remembered is; what is there can be read, and goes on.
      const size = rememberedSize(trust);
      expect(size).toBeGreaterThanOrEqual(told);
      expect(size).toBeLessThan(log.length);
      expect(keeper().take(message(size, log.length))).toBe('remembered');
    }
  });
});
