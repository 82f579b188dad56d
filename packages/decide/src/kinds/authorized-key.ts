/** One line of a user's `~/.ssh/authorized_keys`, named `USER/KEY-ID`. */
import type { AuthorizedKeyState } from '@guise/model';
import { digestOfBytes } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import type { KindRules } from './kind-rules.ts';

const absent: AuthorizedKeyState = { present: false, line: null };

export const authorizedKey: KindRules = {
  kind: 'authorized_key',
  absent,
  complete: (claimed, baseline) => {
    const state = overlay(absent, claimed, baseline);
    return state['present'] ? state : absent;
  },
  carried: [],
  reversibility: () => 'exact',
  rank: (_before, after) => (after['present'] ? ranks.file : ranks.removeFile),
};

// Options come before the type and may hold blanks within quotes, so the type is looked for outside of them.
const keyLine =
  /^(?!#)(?:(?:[^\s"]|"(?:[^"\\]|\\.)*")+\s+)?(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/;

/**
 * The first 16 hexadecimal digits of the SHA-256 of the key's base64 text; null when the line holds no key.
 * Source: sshd(8) "AUTHORIZED_KEYS FILE FORMAT".
 */
export function authorizedKeyId(line: string): string | null {
  const blob = keyLine.exec(line.trim())?.[1];
  return blob === undefined ? null : digestOfBytes(new TextEncoder().encode(blob)).slice('sha256:'.length).slice(0, 16);
}
