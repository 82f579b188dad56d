import type { ContractCase } from '@guise/agent';
import { authorizedKeyId } from '@guise/decide';
import type { Address, AuthorizedKeyState } from '@guise/model';
import { put } from './text.ts';

const keyOf = (letter: string): string => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${letter.repeat(43)} ${letter}@example`;
const addressOf = (user: string, letter: string): Address => `authorized_key:${user}/${authorizedKeyId(keyOf(letter))}`;
const present = (line: string): AuthorizedKeyState => ({ present: true, line });
const gone: AuthorizedKeyState = { present: false, line: null };

export const authorizedKeyCases: readonly ContractCase[] = [
  {
    name: 'the first ones of a user without ~/.ssh',
    after: { [addressOf('root', 'a')]: present(keyOf('a')), [addressOf('root', 'b')]: present(keyOf('b')) },
  },
  {
    name: 'among those of others, one of which goes and one of which gets options',
    arrange: (host) => {
      host.files.makeDirectory('/root/.ssh', '0711', 0, 0);
      put(
        host,
        '/root/.ssh/authorized_keys',
        `# mine\n${keyOf('c')}\n\n  from="10.0.0.0/8 ,x" ${keyOf('d')}\n${keyOf('e')}`,
        '0640',
      );
    },
    after: {
      [addressOf('root', 'c')]: gone,
      [addressOf('root', 'd')]: present(`restrict ${keyOf('d')}`),
      [addressOf('root', 'f')]: present(keyOf('f')),
    },
  },
];
