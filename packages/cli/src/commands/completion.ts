import { defineCommand } from '../command.ts';
import { completionScripts, type Shell, shells } from '../completion/scripts.ts';

export const completion = defineCommand({
  operands: [{ name: 'SHELL', kind: 'text', choices: shells }],
  options: {},
  notes: [
    'Completes commands, options, persona files, and the hosts and personas of a control plane that answers quickly.',
  ],
  examples: [
    { line: 'source <(guise completion bash)', why: 'in ~/.bashrc' },
    { line: 'source <(guise completion zsh)', why: 'in ~/.zshrc, after compinit' },
    { line: 'guise completion fish > ~/.config/fish/completions/guise.fish', why: 'once' },
  ],
  async run({ out }, { operands: [shell] }) {
    out.write(completionScripts[shell as Shell]);
    return 0;
  },
});
