/**
 * Checkpoints that this host refused, in one file of at most `limits.auditEvidence`: the first ones, which show when it began, and the last.
 *
 * A file that cannot be read is evidence of nothing, and the next refusal writes it anew.
 */
import { GuiseError, limits } from '@guise/model';
import { z } from 'zod';
import { readStateFile, writeStateFile } from '../host/state-file.ts';

const schema = z.array(
  z.object({
    at: z.string(),
    reason: z.string(),
    /** The checkpoint that this host knew, and the one that it refused, as they were signed. */
    known: z.string().nullable(),
    refused: z.string(),
    from: z.number(),
    consistency: z.array(z.string()),
  }),
);

export type AuditEvidence = z.output<typeof schema>[number];

export interface EvidenceFile {
  read(): readonly AuditEvidence[];
  /** The same again is kept once. Throws: `journal_failed`. */
  keep(evidence: AuditEvidence): void;
}

export function evidenceFile(path: string): EvidenceFile {
  const read = () => {
    try {
      return schema.parse(JSON.parse(readStateFile(path) ?? '[]'));
    } catch {
      return [];
    }
  };
  return {
    read,
    keep: (evidence) => {
      const kept = read();
      if (kept.some(({ known, refused }) => known === evidence.known && refused === evidence.refused)) return;
      const first = kept.slice(0, limits.auditEvidence - 1);
      try {
        writeStateFile(path, `${JSON.stringify([...first, evidence], null, 2)}\n`);
      } catch (cause) {
        throw new GuiseError('journal_failed', `Cannot keep the refused checkpoint in ${path}`, { cause });
      }
    },
  };
}
