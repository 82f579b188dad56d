/** The trust root that a server is started with, as it lies in a file. Throws: `argument_invalid`, `envelope_invalid`. */
import { readFile } from 'node:fs/promises';
import { decodeEnvelopeFile } from '@guise/decide/trust';
import { GuiseError } from '@guise/model';
import type { ServerOptions } from '../server-options.ts';
import type { GivenRoot } from './served-trust.ts';

/** Where whoever gives a root says nothing else. */
const usualEnvironment = 'production';

export async function readGivenRoot({
  rootFile,
  environment = usualEnvironment,
}: NonNullable<ServerOptions['trust']>): Promise<GivenRoot> {
  if (!/^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/.test(environment))
    throw new GuiseError('argument_invalid', `Cannot serve ${JSON.stringify(environment)}: it is no lower-case name`);
  return { envelope: decodeEnvelopeFile(await bytesOf(rootFile)), environment };
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new GuiseError('argument_invalid', `Cannot read the trust root ${path}`, { cause });
  }
}
