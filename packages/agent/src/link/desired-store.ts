/**
 * The last desired state, on disk: what the agent goes by when the control plane is gone, and after a reboot.
 *
 * Invariant: the file is always one whole state, the old or the new; a file that cannot be read is as good as none, because the
 * control plane sends it again.
 * Throws: `journal_failed` when it cannot be written.
 */
import { serverMessage } from '@guise/api/agent-wire';
import type { Digest, Layer } from '@guise/model';
import { GuiseError } from '@guise/model';
import { readStateFile, writeStateFile } from '../host/state-file.ts';
import type { SentSecret } from '../secrets/sealed-store.ts';

export interface Desired {
  readonly generation: number;
  readonly digest: Digest;
  readonly layers: readonly Layer[];
  /** The first generation of these layers; default this one. A new version of a secret makes a generation and desires nothing else. */
  readonly since?: number;
  /** `name@version` of the secrets that came with it. */
  readonly secretVersions?: string;
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
        writeStateFile(path, JSON.stringify({ type: 'desired', ...desired }));
      } catch (cause) {
        throw new GuiseError('journal_failed', `Cannot keep the desired state in ${path}`, { cause });
      }
    },
  };
}

function parse(text: string | null): Desired | null {
  try {
    const raw: unknown = JSON.parse(text ?? 'null');
    const parsed = serverMessage.safeParse(raw);
    if (!parsed.success || parsed.data.type !== 'desired') return null;
    const { generation, digest, layers } = parsed.data;
    return { generation, digest, layers, ...besidesIn(raw) };
  } catch {
    return null;
  }
}

/** What is kept beside what the wire has. */
function besidesIn(raw: unknown): Pick<Desired, 'since' | 'secretVersions'> {
  const { since, secretVersions } = raw as { readonly since?: unknown; readonly secretVersions?: unknown };
  return {
    ...(typeof since === 'number' && Number.isSafeInteger(since) ? { since } : {}),
    ...(typeof secretVersions === 'string' ? { secretVersions } : {}),
  };
}
