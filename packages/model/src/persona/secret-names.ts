/** The secrets that a persona needs on every host that has it: known when it is published, because no name may be a template. */
import type { ResolvedPersona } from './resolved.ts';
import { secretNameOf } from './secret-places.ts';
import { parseTemplate } from './template.ts';

/** Sorted, each once; its ancestors' included. */
export function secretsOf({ ancestors, own }: ResolvedPersona): readonly string[] {
  const names = [...ancestors, own].flatMap(({ document: { files, security_profile } }) => [
    ...Object.values(files ?? {}).flatMap(({ content }) => (content === undefined ? [] : namesIn(content))),
    ...Object.values(security_profile?.encryption_keys ?? {}).map(({ secret }) => secret),
  ]);
  return [...new Set(names)].sort();
}

function namesIn(content: string): readonly string[] {
  if (!content.includes('{{')) return [];
  const template = parseTemplate(content);
  if (template.type === 'malformed') return [];
  return template.parts.flatMap((part) => secretNameOf(part) ?? []);
}
