/** What is stored of a persona beside its content: read from the document, its parents included where they have a say. */
import type { Digest, Json, PersonaId, ResolvedPersona } from '@guise/model';
import { canonicalJson, digestOfJson, layerOf, secretsOf } from '@guise/model';
import { subscriptionsOf } from '../store/event-subscriptions.ts';
import type { NewVersion } from '../store/personas.ts';

export function publishedPersona(persona: ResolvedPersona, publishedBy: string): NewVersion {
  const { document } = persona.own;
  return {
    personaId: document.persona_id as PersonaId,
    digest: contentDigestOf(persona),
    personaName: document.persona_name ?? null,
    category: document.category ?? null,
    personaGroups: [...new Set(document.persona_groups ?? [])].sort(),
    priority: layerOf(persona, { assignedBy: publishedBy }).priority,
    subscriptions: subscriptionsOf(persona),
    secrets: secretsOf(persona),
    content: canonicalJson(persona as unknown as Json),
    publishedBy,
  };
}

/** Over the documents alone: moving or reformatting a file makes no new version. */
function contentDigestOf({ own, ancestors }: ResolvedPersona): Digest {
  return digestOfJson([...ancestors, own].map(({ document }) => document) as unknown as Json);
}
