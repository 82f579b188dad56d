import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runProgram } from './run-program.ts';

const sh = (script: string, options = {}) => runProgram(['sh', '-c', script], options);

describe('running a program', () => {
  it('gives status, output and input, and nothing of our environment', async () => {
    const { status, stdout, stderr } = await sh('cat; env | sort; echo bad >&2; exit 3', {
      input: 'in\n',
      env: { EXTRA: '1' },
      accept: [3],
    });
    expect([status, stderr]).toEqual([3, 'bad\n']);
    expect(stdout.split('\n').filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line))).toEqual([
      'in',
      'DEBIAN_FRONTEND=noninteractive',
      'EXTRA=1',
      'HOME=/root',
      'LC_ALL=C.UTF-8',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      '',
    ]);
  });

  it('tells what failed in the last words of the program', async () => {
    await expect(sh('echo first >&2; echo the reason >&2; exit 7')).rejects.toThrow(
      /"sh -c .*": it exited with status 7: the reason/,
    );
    await expect(sh('kill -9 $$')).rejects.toThrow('ended by SIGKILL');
    await expect(runProgram(['/no/such/program'])).rejects.toThrow('ENOENT');
  });

  it('ends all that it started when its time is over or it is called off', async () => {
    const marker = String(70_000 + process.pid);
    await expect(sh(`sleep ${marker} & sleep ${marker}`, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'command_timeout',
    });
    await expect(sh(`sleep ${marker} & sleep ${marker}`, { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
      code: 'command_timeout',
    });
    expect(argvsWith(marker)).toEqual([]);
  });

  it('refuses an answer without end', async () => {
    await expect(runProgram(['yes'])).rejects.toMatchObject({ code: 'limit_exceeded' });
  });

  it('does not wait for a daemon that keeps the output open', async () => {
    const { stdout } = await sh('sleep 5 & echo $!');
    // It still runs: there is somebody to end.
    expect(process.kill(Number(stdout))).toBe(true);
  });
});

/** Zombies have no argument vector, so what was killed does not count while it waits to be reaped. */
function argvsWith(marker: string): readonly string[] {
  const read = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(read)
    .filter((argv) => argv.startsWith('sleep') && argv.includes(marker));
}
