/** Unit files for cases, and the digests by which states name them. */
import { createHash } from 'node:crypto';
import type { Digest } from '@guise/model';

export function serviceUnit(command: string, more = ''): string {
  return `[Unit]\nDescription=${command}\n[Service]\nExecStart=${command}\n${more}[Install]\nWantedBy=multi-user.target\n`;
}

export function digestOfText(text: string): Digest {
  return `sha256:${createHash('sha256').update(text).digest('hex')}` as Digest;
}
