/**
 * One dynamic update of a zone: all of its changes, or none when a record set is not what it was taken for.
 *
 * nsupdate of BIND signs it (TSIG) and checks the answer's signature. Its commands and the key go in over standard input: nothing of them
 * is in its arguments, which others could read, nor on a disk, where a killed process would leave it.
 * Throws: `traffic_failed` with what the server said; never with the key.
 * Source: RFC 2136; RFC 8945; nsupdate(1).
 */
import { execFile } from 'node:child_process';
import { GuiseError, limits } from '@guise/model';

export interface TsigKey {
  readonly name: string;
  /** hmac-sha256, base64. */
  readonly secret: string;
}

export interface ZoneUpdate {
  readonly address: string;
  readonly port: number;
  readonly zone: string;
  readonly key: TsigKey;
  /** Commands of nsupdate: `prereq …` and `update …`. */
  readonly commands: readonly string[];
}

/** `changed`: what it required holds no more. */
export async function updateZone(update: ZoneUpdate, signal: AbortSignal): Promise<'done' | 'changed'> {
  const { address, port, zone, key, commands } = update;
  const lines = [
    `server ${address} ${port}`,
    `zone ${zone}.`,
    `key hmac-sha256:${key.name}. ${key.secret}`,
    ...commands,
    'send',
    '',
  ];
  const said = (await run(lines.join('\n'), signal)).replaceAll(key.secret, '…');
  if (said === '') return 'done';
  if (/\b(NXRRSET|YXRRSET)\b/.test(said)) return 'changed';
  throw new GuiseError('traffic_failed', `Cannot update ${zone} at ${address}: ${reasonOf(said, key.name)}`);
}

/** What it complained of; empty when all went well. */
function run(input: string, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = {
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    timeout: limits.trafficCommandTimeoutMs * 2,
    maxBuffer: limits.trafficAnswerBytes,
    signal,
  };
  const waitS = String(limits.trafficCommandTimeoutMs / 1000);
  const child = execFile('nsupdate', ['-v', '-t', waitS], options, (error, _out, words) => {
    if (error === null) resolve('');
    else if (error.code === 'ENOENT') reject(missing(error));
    else if (signal.aborted) reject(error);
    else resolve(words.trim() || (error.killed === true ? 'it does not answer in time' : error.message));
  });
  // It may end before it has read everything; why is in its words.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return promise;
}

function missing(cause: Error): GuiseError {
  const message = 'Cannot update DNS: nsupdate is not installed here; it is in the Debian package bind9-dnsutils';
  return new GuiseError('traffic_failed', message, { cause });
}

function reasonOf(said: string, keyName: string): string {
  if (/\b(BADKEY|BADSIG|BADTIME)\b/.test(said)) {
    return `the server does not take the key "${keyName}" (${/BAD\w+/.exec(said)?.[0]})`;
  }
  if (/\bREFUSED\b/.test(said)) return `the key "${keyName}" may not change this (REFUSED)`;
  return JSON.stringify(said.split('\n').at(-1)?.slice(0, 200));
}
