import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GuiseError, limits } from '@guise/model';
import type { Finding, Witness } from '../audit/finding.ts';
import type { LogEvent } from '../audit/log-event.ts';
import { LogVerifier } from '../audit/log-verifier.ts';
import { agentWitness, witnessIn } from '../audit/witnesses.ts';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { reportLines } from '../render/audit.ts';
import { ProgressLine } from '../render/progress.ts';

export const auditVerify = defineCommand({
  operands: [{ name: 'FILE', kind: 'text', optional: true }],
  options: {
    checkpoint: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      summary: 'A checkpoint that somebody kept; the log must go on from it',
    },
    key: {
      type: 'string',
      value: 'KEY',
      summary:
        'The key that must have signed, as base64 or a file with it (default: what the agent of this machine pinned)',
    },
    ...serverOptions,
  },
  notes: [
    'Without FILE the control plane is asked for all of its log; with FILE an export is read, and nothing is asked. Every entry is hashed again and compared with the roots that were signed, with the checkpoint that the agent of this machine remembers, and with those given.',
    'Exit code 3 when the log is not what was signed; each thing that is wrong is told with the entries concerned. Whoever has the key of the log can sign another one: only a key and checkpoints that were kept elsewhere tell that.',
  ],
  examples: [
    { line: 'guise audit verify', why: 'whether the log of the control plane is whole' },
    { line: 'guise audit verify audit.ndjson --key "$KEY"', why: 'the same of an export, without a control plane' },
    { line: 'guise audit verify --checkpoint monday.note', why: 'whether it goes on from what it was on Monday' },
  ],
  async run(context, { operands: [file], options: { checkpoint, key, ...server } }) {
    const agent = await agentWitness();
    const remembered = agent?.note == null ? [] : [{ note: agent.note, source: 'the agent of this machine' }];
    // An export may be of another control plane than the agent's.
    const own = file === undefined ? remembered : [];
    const pinned = file === undefined ? (agent?.key ?? null) : null;
    const verifier = new LogVerifier({
      sha256: (bytes) => hash('sha256', bytes, 'buffer'),
      key: key === undefined ? pinned : keyOf(key),
      witnesses: [...own, ...checkpoint.map(witnessIn)] satisfies readonly Witness[],
    });
    const progress = new ProgressLine(context.err);
    for await (const event of await eventsOf(context, file, server)) {
      verifier.take(event);
      if (event.type === 'leaf' && event.index > 0 && event.index % told === 0)
        progress.show(`read ${event.index} entries`);
    }
    progress.clear();
    const report = verifier.end();
    if (context.json) printJson(context, report);
    else for (const line of reportLines(report, context.out.style)) context.out.line(line);
    if (!report.verified) throw brokenLog(report.findings);
    return 0;
  },
});

/** Entries between two signs of progress. */
const told = limits.auditPageEntries * 10;

async function eventsOf(
  context: Parameters<typeof openClient>[0],
  file: string | undefined,
  server: Parameters<typeof openClient>[1],
): Promise<AsyncIterable<LogEvent>> {
  if (file === undefined)
    return (await import('../audit/read-remote-log.ts')).readRemoteLog(openClient(context, server));
  return (await import('../audit/export-file.ts')).readExport(file);
}

function keyOf(text: string): string {
  const key = (textIn(text) ?? text).trim();
  if (Buffer.from(key, 'base64').length === 32 && Buffer.from(key, 'base64').toString('base64') === key) return key;
  throw new GuiseError(
    'key_invalid',
    `Cannot use --key ${JSON.stringify(text.slice(0, 80))}: it must be 32 bytes as base64`,
  );
}

/** Null where there is no file of that name. */
function textIn(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function brokenLog(findings: readonly Finding[]): GuiseError {
  const kinds = [...new Set(findings.map(({ kind }) => kind))].join(', ');
  return new GuiseError('audit_broken', `The audit log is not what was signed: ${kinds}`);
}
