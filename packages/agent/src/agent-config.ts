/**
 * What an agent is told at its start, `/etc/guise/agent.json`. All of it is optional: without a server the agent serves this machine alone.
 *
 * Throws: `document_invalid` when the file is not JSON or says what is unknown.
 */
import { GuiseError } from '@guise/model';
import { z } from 'zod';
import { readStateFile } from './host/state-file.ts';

const schema = z.strictObject({
  /** Where the agents' port of the control plane is, such as `https://10.0.0.1:7071`. */
  server: z
    .string()
    .regex(/^(https|wss):\/\//, 'must be https://ADDRESS:PORT')
    .optional(),
  /** A join token; needed once. */
  token: z.string().optional(),
  /** A file with the trust root that this host goes by; without it, the one that comes when it enrols. */
  root: z.string().optional(),
  /** Default: the host's name. */
  name: z.string().optional(),
  /** Directories whose files a checked out host must bring back, besides /etc. Default: /usr/local, /opt and /srv. */
  fingerprint_directories: z
    .array(z.string().regex(/^(\/[^/\0]+)+$/, 'must be an absolute path without "/" at its end'))
    .max(64)
    .optional(),
});

export type AgentConfig = z.infer<typeof schema>;

export function readAgentConfig(path: string): AgentConfig {
  const text = readStateFile(path);
  if (text === null) return {};
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : '';
    throw new GuiseError('document_invalid', `Cannot read ${path}: ${why}`);
  }
}
