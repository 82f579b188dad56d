/** Where an agent runs, `guise apply --yes` is its work: the same outcomes, exit codes and words as without one. */
import { describe, expect, it } from 'vitest';
import { testLab } from './test-lab.ts';

const before = '/opt/guise/tests/host/crash/personas/before.yaml';
const refused = '/opt/guise/tests/host/crash/personas/refused.yaml';

describe('guise apply on a host with an agent', () => {
  const { lab, guise, output } = testLab('test-resident', [{ name: 'h1', agentConfig: {} }]);
  const apply = async (file: string) => {
    const { status, stdout, stderr } = await guise('h1', 'apply', '--yes', '--json', file);
    return { status, outcome: status === 2 ? stderr : (JSON.parse(stdout) as { readonly outcome: string }).outcome };
  };

  it('is done, unchanged, rolled back or refused as it would be without', async () => {
    await output('h1', [
      'curl',
      '--silent',
      '--fail',
      '--retry',
      '20',
      '--retry-all-errors',
      '--retry-delay',
      '1',
      '--unix-socket',
      '/run/guise/agent.sock',
      'http://agent/state',
    ]);
    expect(await apply(before)).toEqual({ status: 0, outcome: 'committed' });
    expect(await apply(before)).toEqual({ status: 0, outcome: 'unchanged' });
    expect(await apply(refused)).toEqual({ status: 1, outcome: 'rolled_back' });
    await lab.run('h1', ['tee', '/root/big.yaml'], {
      input: 'guise: persona/v1\npersona_id: big\nrequired_cores: 1000\nsoftware_stack: [tree]\n',
    });
    const big = await guise('h1', 'apply', '--yes', '/root/big.yaml');
    expect(big).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/Cannot meet "required_cores".*big\.yaml:3:1/),
    });
    expect(await apply('/etc/hostname')).toEqual({ status: 2, outcome: expect.stringContaining('hostname') });
    const history = JSON.parse(
      await output('h1', ['curl', '--silent', '--unix-socket', '/run/guise/agent.sock', 'http://agent/history']),
    ) as readonly { readonly status: string }[];
    expect(history.map(({ status }) => status)).toEqual(['rolled_back', 'committed']);
  });

  it('lets nobody but root at the socket', async () => {
    expect(await output('h1', ['stat', '--format', '%a %U', '/run/guise'])).toBe('700 root');
  });
});
