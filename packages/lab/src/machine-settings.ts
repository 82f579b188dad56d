/**
 * The few kernel settings of this machine that labs need, and what they were before the first lab of any directory.
 *
 * A setting is only ever raised, only when it is too low, and is put back when the last directory with a lab lets go.
 * The record is in /run, because a restart of the machine puts the settings back itself.
 * Invariants: the old values are on record before anything is changed; the settings' lock is taken after a pool's.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from './durable-file.ts';
import { acquireLocks } from './lock.ts';

const needed: Readonly<Record<string, number>> = {
  // Hosts reach package mirrors through this machine. Writing it resets other settings, so it is left alone when it is right.
  'net/ipv4/ip_forward': 1,
  // Each host's systemd, dbus and journal use five; 128, the usual bound, ends at 25 hosts.
  'fs/inotify/max_user_instances': 8192,
};

const directory = '/run/guise-lab';
const recordFile = join(directory, 'settings.json');
const lockFile = join(directory, 'settings.lock');

interface SettingsRecord {
  readonly before: Readonly<Record<string, number>>;
  /** Directories with a lab. */
  readonly users: readonly string[];
}

/** Raises the settings on behalf of a directory; doing it again changes nothing. */
export async function raiseSettings(user: string): Promise<void> {
  using _lock = await acquireLocks(lockFile);
  const now = Object.fromEntries(Object.keys(needed).map((name) => [name, readSetting(name)]));
  const record = readRecord();
  // What is on record was read before some lab changed it, so it is truer than what can be read now.
  writeRecord({ before: { ...now, ...record.before }, users: [...new Set([...record.users, user])] });
  for (const [name, least] of Object.entries(needed)) if (readSetting(name) < least) writeSetting(name, least);
}

/** Lets go on behalf of a directory; the last one restores the settings. */
export async function restoreSettings(user: string): Promise<void> {
  using _lock = await acquireLocks(lockFile);
  const { before, users } = readRecord();
  const others = users.filter((other) => other !== user);
  if (others.length > 0) return writeRecord({ before, users: others });
  for (const name of Object.keys(needed)) {
    const value = before[name];
    if (value !== undefined && value !== readSetting(name)) writeSetting(name, value);
  }
  rmSync(recordFile, { force: true });
}

function readRecord(): SettingsRecord {
  try {
    return JSON.parse(readFileSync(recordFile, 'utf8')) as SettingsRecord;
  } catch {
    return { before: {}, users: [] };
  }
}

function writeRecord(record: SettingsRecord): void {
  writeDurably(recordFile, `${JSON.stringify(record, null, 2)}\n`);
}

function readSetting(name: string): number {
  return Number(readFileSync(join('/proc/sys', name), 'utf8'));
}

function writeSetting(name: string, value: number): void {
  writeFileSync(join('/proc/sys', name), String(value));
}
