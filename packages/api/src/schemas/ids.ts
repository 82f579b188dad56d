/** Ids and times as they travel: checked on the way in, branded inside. */
import type { Address, Digest, HostId, PersonaId } from '@guise/model';
import { kinds } from '@guise/model';
import { z } from 'zod';

const idPattern = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/;
const idRule = 'must be lower-case letters, digits, ".", "_" or "-", at most 64';

/** A brand exists only for the compiler, so a checked string is what the brand promises. */
function branded<Brand extends string>(schema: z.ZodString): z.ZodType<Brand, string> {
  return schema as unknown as z.ZodType<Brand, string>;
}

export const name = z.string().regex(idPattern, idRule);
export const personaId = branded<PersonaId>(z.string().regex(idPattern, idRule));
export const hostId = branded<HostId>(z.string().regex(idPattern, idRule));
export const digest = branded<Digest>(
  z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be "sha256:" and 64 hexadecimal digits'),
);
export const address = branded<Address>(
  z.string().regex(new RegExp(`^(${kinds.join('|')}):.{1,4096}$`, 's'), 'must be kind:name, such as "package:nginx"'),
);
/** What a host is: a digest for each part of it, and one over them. */
export const fingerprint = z.object({ digest, parts: z.record(z.string().max(64), digest) });
/** Of a snapshot of a host. */
export const snapshotLabel = z
  .string()
  .regex(/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/, 'must be lower-case letters, digits and "-", at most 32');
/** What a provider can do to a host. */
export const capability = z.enum(['snapshot', 'revert', 'resize', 'power', 'image']);
export type Capability = z.output<typeof capability>;
/** ISO 8601 with offset, as the control plane writes it. */
export const time = z.iso.datetime({ offset: true });
export const version = z.int().min(1);
/** The same in a path, where everything is text. */
export const versionInPath = z.coerce.number().int().min(1);

const tagKey = z.string().regex(/^[a-z0-9]([a-z0-9._/-]{0,62}[a-z0-9])?$/, 'must be a lower-case key, at most 64');
const tagValue = z.string().regex(/^[A-Za-z0-9._/:-]{1,128}$/, 'must be letters, digits, ".", "_", "/", ":" or "-"');
export const tags = z.record(tagKey, tagValue);
/** One tag as it is assigned to, `key=value`. */
export const tag = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._/-]{0,62}[a-z0-9])?=[A-Za-z0-9._/:-]{1,128}$/, 'must be key=value, such as "role=web"');
