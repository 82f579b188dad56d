/** The trust root that somebody put on this host beforehand. Throws: `root_refused` when the file has none. */
import { GuiseError } from '@guise/model';
import { type Envelope, envelope } from '@guise/model/trust';
import { readStateFile } from '../host/state-file.ts';

export function pinnedRoot(path: string): Envelope {
  try {
    return envelope.parse(JSON.parse(readStateFile(path) ?? ''));
  } catch (cause) {
    throw new GuiseError('root_refused', `Cannot read a trust root from ${path}`, { cause });
  }
}
