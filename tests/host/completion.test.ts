/** Tab completion in the shells themselves. */
import { beforeAll, describe, expect, it } from 'vitest';
import { canBoot, testLab } from './test-lab.ts';

/** Types half a command and a tab at an interactive zsh, and gives what then stands on its line. */
const zshSession = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'autoload -Uz compinit; compinit -u -D; source <(guise completion zsh); PS1=""; unsetopt prompt_sp prompt_cr; print REA""DY'
while zpty -r shell line; do [[ $line == *READY* ]] && break; done
zpty -w -n shell $'guise host w\\t'
zpty -r shell line '*why*'
zpty -w -n shell $'\\x01print -r -- COMPLETED=\\n'
while zpty -r shell line; do [[ $line == COMPLETED=* ]] && break; done
print -r -- $line
`;
const bashSession = `
source <(guise completion bash)
COMP_LINE="guise host w" COMP_POINT=12
_guise
printf '%s\\n' "\${COMPREPLY[@]}"
`;
const fishSession = `
guise completion fish | source
complete --do-complete 'guise host w'
`;

describe('tab completion', () => {
  const { lab, output } = testLab('test-completion', [{ name: 'h1' }]);

  beforeAll(async () => {
    if (!canBoot) return;
    await output('h1', ['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', 'zsh', 'fish']);
  });

  it.each([
    { shell: 'bash', argv: ['bash'], session: bashSession, completed: /^why$/m },
    { shell: 'zsh', argv: ['zsh', '-f'], session: zshSession, completed: /^COMPLETED=guise host why/ },
    { shell: 'fish', argv: ['fish'], session: fishSession, completed: /^why\t/m },
  ])('knows the commands in $shell', async ({ argv, session, completed }) => {
    await lab.run('h1', ['tee', '/root/session'], { input: session });
    expect(await output('h1', ['timeout', '60', ...argv, '/root/session'])).toMatch(completed);
  });
});
