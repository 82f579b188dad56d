/**
 * The last desired state that this host accepted, on disk: what the agent goes by when the control plane is gone, and after a reboot.
 *
 * Invariant: the file is always one whole state, the old or the new; a file that cannot be read is as good as none, because the
 * control plane sends it again.
 * Throws: `journal_failed` when it cannot be written.
 */
import { keptDesired } from '@guise/api/agent-wire';
import type { Digest, Layer } from '@guise/model';
import { GuiseError } from '@guise/model';
import { readStateFile, writeStateFile } from '../host/state-file.ts';
import type { SentSecret } from '../secrets/sealed-store.ts';

export interface Desired {
  readonly generation: number;
  readonly digest: Digest;
  readonly layers: readonly Layer[];
  /** The first generation of these layers; default this one. A new version of a secret makes a generation and desires nothing else. */
  readonly since?: number | undefined;
  /** `name@version` of the secrets that came with it. */
  readonly secretVersions?: string | undefined;
  /** As they were sent; kept apart, see secrets/sealed-store.ts. */
  readonly secrets?: readonly SentSecret[];
}

export interface DesiredStore {
  read(): Desired | null;
  write(desired: Desired): void;
}

/** `keepSecrets` comes first: killed between the two, the host has old layers and secrets that are newer, and is sent all again. */
export function desiredFile(
  path: string,
  keepSecrets: (sent: readonly SentSecret[]) => void = () => undefined,
): DesiredStore {
  return {
    read: () => parse(readStateFile(path)),
    write: ({ secrets = [], ...desired }) => {
      keepSecrets(secrets);
      try {
        writeStateFile(path, JSON.stringify(desired));
      } catch (cause) {
        throw new GuiseError('journal_failed', `Cannot keep the desired state in ${path}`, { cause });
      }
    },
  };
}

function parse(text: string | null): Desired | null {
  try {
    const parsed = keptDesired.safeParse(JSON.parse(text ?? 'null'));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
