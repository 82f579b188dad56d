/**
 * Personas on the wire.
 *
 * The document inside is checked by the model's own parser, which knows lines and columns; here it is only required to be an object.
 */
import type { Layer, PersonaDocument, ResolvedPersona } from '@guise/model';
import { limits } from '@guise/model';
import { type Envelope, envelope } from '@guise/model/trust';
import { z } from 'zod';
import { digest, name, personaId, time, version } from './ids.ts';
import { parameters } from './json.ts';
import { signature } from './signature.ts';

const document = z.looseObject({ guise: z.literal('persona/v1'), persona_id: name }) as unknown as z.ZodType<
  PersonaDocument,
  PersonaDocument
>;
const position = z.tuple([z.int().min(0), z.int().min(0)]);
const located = z.strictObject({
  file: z.string().max(4096),
  document,
  positions: z.record(z.string(), position),
});

const resolvedPersona: z.ZodType<ResolvedPersona, ResolvedPersona> = z
  .strictObject({ own: located, ancestors: z.array(located).max(limits.extendsDepth) })
  .meta({ id: 'ResolvedPersona' });

/** What a layer is apart from its persona: decided by the control plane, and bounded by what its authors signed. */
const terms = z.object({
  instance: z.string().min(1).max(64),
  persona_id: name,
  priority: z.number(),
  parameters,
  assigned_by: z.string().max(512),
});

/** Left as it came: whoever opens an envelope checks it, and says what is wrong with it. */
const unopened = z.unknown().optional() as unknown as z.ZodOptional<z.ZodType<Envelope | null, Envelope | null>>;

/** A layer on its way to a host, which takes the persona from the signed statement and from nowhere else. */
export const signedLayer = terms
  .extend({
    version,
    /** Null for one that nobody signed, which every host refuses. */
    envelope: unopened,
    /** The permission to go back to this version, where it is an older one. */
    rollback: unopened,
  })
  .readonly();

export type SignedLayer = z.output<typeof signedLayer>;

/** A layer on a host, as it keeps it. */
export const layer: z.ZodType<Layer, Layer> = terms.extend({
  version: version.nullable(),
  persona: resolvedPersona,
  signature: signature.optional(),
}) as unknown as z.ZodType<Layer, Layer>;

/** What a host keeps of what is desired of it, once it has verified it. */
export const keptDesired = z.object({
  generation: z.int().min(1),
  digest,
  layers: z.array(layer),
  since: z.int().min(1).optional(),
  secretVersions: z.string().optional(),
});

/**
 * What its authors signed; or, where the control plane signs itself, the text as its author wrote it, whose parents its own repository
 * has, or a persona with nothing left to look up.
 */
export const publication = z
  .union([
    z.strictObject({
      document: z.string().max(limits.documentSizeBytes),
      /** Named in messages; default `persona.yaml`. */
      file: z.string().max(4096).optional(),
      /** Text of each file that the document names, by that name. */
      files: z.record(z.string(), z.string()).optional(),
    }),
    z.strictObject({ persona: resolvedPersona }),
    /** Signed by its authors, with its version and its end. */
    z.strictObject({ envelope }),
  ])
  .meta({ id: 'Publication' });

export const publishedVersion = z.object({ persona_id: personaId, version, digest }).meta({ id: 'PublishedVersion' });

export const personaSummary = z
  .object({
    persona_id: personaId,
    persona_name: z.string().nullable(),
    category: z.string().nullable(),
    persona_groups: z.array(z.string()),
    current_version: version,
    updated_at: time,
  })
  .meta({ id: 'PersonaSummary' });

export const versionSummary = z
  .object({
    version,
    digest,
    current: z.boolean(),
    published_at: time,
    published_by: z.string(),
    signature: signature.nullable(),
  })
  .meta({ id: 'VersionSummary' });

export const personaVersion = versionSummary
  .extend({ persona_id: personaId, persona: resolvedPersona })
  .meta({ id: 'PersonaVersion' });
