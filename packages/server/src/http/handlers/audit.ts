import { listAudit } from '../../store/audit.ts';
import { listCheckpoints } from '../../store/audit-checkpoints.ts';
import { readLogPage } from '../../store/audit-export.ts';
import { consistencyProof, inclusionProof, rootAt } from '../../store/audit-proofs.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'listAudit' | 'listAuditCheckpoints' | 'exportAudit' | 'getAuditProof';

export function auditHandlers({ database, signer }: HandlerParts): Pick<Handlers, Names> {
  const name = { origin: signer.origin, key: signer.key.publicKey };
  return {
    listAudit: ({ query }) => listAudit(database, query),
    listAuditCheckpoints: async ({ query }) => ({ ...name, ...(await listCheckpoints(database, query)) }),
    exportAudit: async ({ query }) => ({ ...name, ...(await readLogPage(database, query.from)) }),
    getAuditProof: async ({ query: { size, index, from = 0 } }) => {
      const root = await rootAt(database, size);
      const proof =
        index === undefined
          ? await consistencyProof(database, from, size)
          : await inclusionProof(database, index, size);
      return { size, root: base64(root), hashes: proof.map(base64) };
    },
  };
}

function base64(hash: Uint8Array): string {
  return Buffer.from(hash).toString('base64');
}
