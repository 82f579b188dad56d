/**
 * Personas on the wire.
 *
 * The document inside is checked by the model's own parser, which knows lines and columns; here it is only required to be an object.
 */
import type { Layer, PersonaDocument, ResolvedPersona } from '@guise/model';
import { limits } from '@guise/model';
import { envelope } from '@guise/model/trust';
import { z } from 'zod';
import { digest, name, personaId, time, version } from './ids.ts';
import { parameters } from './json.ts';

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

export const layer: z.ZodType<Layer, Layer> = z
  .object({
    instance: z.string().min(1).max(64),
    persona_id: name,
    version: version.nullable(),
    priority: z.number(),
    parameters,
    assigned_by: z.string().max(512),
    persona: resolvedPersona,
    /** The signed statement of which `persona` is the content. */
    envelope: envelope.optional(),
    /** The permission to go back to this version, where it is an older one. */
    rollback: envelope.optional(),
  })
  .meta({ id: 'Layer' });

/** The text as its author wrote it, whose parents the control plane's own repository has; or with nothing left to look up; or signed. */
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
  .object({ version, digest, current: z.boolean(), published_at: time, published_by: z.string() })
  .meta({ id: 'VersionSummary' });

export const personaVersion = versionSummary
  .extend({ persona_id: personaId, persona: resolvedPersona })
  .meta({ id: 'PersonaVersion' });
