import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase, pingDatabase } from '../database.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'guise-pg-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const ignore = () => undefined;

async function answers(url: string): Promise<boolean> {
  const database = await openDatabase(url);
  await pingDatabase(database);
  await database.destroy();
  return true;
}

it('starts in a directory that is closed to others, keeps its data, and frees the directory when it stops', async () => {
  expect(statSync(directory).mode & 0o077).toBe(0);
  for (const round of ['first', 'second']) {
    const postgres = await startEmbeddedPostgres(directory, ignore);
    expect(await answers(postgres.url)).toBe(true);
    await postgres.stop();
    expect(existsSync(join(directory, 'postgres', 'postmaster.pid')), round).toBe(false);
  }
});

it('refuses a second server on the same directory', async () => {
  const postgres = await startEmbeddedPostgres(directory, ignore);
  await expect(startEmbeddedPostgres(directory, ignore)).rejects.toMatchObject({ code: 'state_directory_busy' });
  await postgres.stop();
});

it('starts over a stale postmaster.pid whose number now belongs to another process', async () => {
  await (await startEmbeddedPostgres(directory, ignore)).stop();
  writeFileSync(join(directory, 'postgres', 'postmaster.pid'), `${process.pid}\n`);
  const postgres = await startEmbeddedPostgres(directory, ignore);
  expect(await answers(postgres.url)).toBe(true);
  await postgres.stop();
});

it('starts over a first start that was killed half-way', async () => {
  mkdirSync(join(directory, 'postgres.new'));
  writeFileSync(join(directory, 'postgres.new', 'PG_VERSION'), '18\n');
  const postgres = await startEmbeddedPostgres(directory, ignore);
  expect(await answers(postgres.url)).toBe(true);
  await postgres.stop();
});

it('says so when it ends by itself', async () => {
  const ended = Promise.withResolvers<string>();
  const postgres = await startEmbeddedPostgres(directory, ended.resolve);
  const pid = Number.parseInt(readFileSync(join(directory, 'postgres', 'postmaster.pid'), 'utf8'), 10);
  process.kill(pid, 'SIGINT');
  expect(await ended.promise).toContain('shut down');
  await postgres.stop();
});

it('refuses a path that is too long for a socket', async () => {
  const deep = join(directory, 'a'.repeat(100));
  await expect(startEmbeddedPostgres(deep, ignore)).rejects.toMatchObject({ code: 'argument_invalid' });
});
