import type { ContractCase } from '@guise/agent';

const marks = (path: string) => ({
  done: true,
  check: ['test', '-e', path],
  do: ['touch', path],
  undo: ['rm', '--force', path],
});

export const commandCases: readonly ContractCase[] = [
  {
    name: 'one that is not done and one that is',
    arrange: async (host) => {
      await host.run(['touch', '/etc/marked']);
    },
    after: { 'command:mark': marks('/etc/mark'), 'command:marked': marks('/etc/marked') },
  },
];
