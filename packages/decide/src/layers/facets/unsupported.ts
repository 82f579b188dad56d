/** Facets that the document has and this version cannot give a host: refused, because a half-applied persona is a lie. */
import type { PersonaDocument } from '@guise/model';
import type { ClaimSink } from '../claim-sink.ts';

export function compileUnsupported({ network_configuration }: PersonaDocument, sink: ClaimSink): void {
  const refuse = (path: string) =>
    sink.refuse(path, 'must be left out', 'guise cannot apply it to a running host yet', 'kind_unsupported');
  if ((network_configuration?.vlans ?? []).length > 0) refuse('network_configuration.vlans');
}
