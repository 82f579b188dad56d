/**
 * From a persona's rendered documents to claims about addresses, content to write, and probes to run.
 *
 * Invariant: every facet that describes a host becomes claims or is refused by name and place; none is dropped.
 * Throws: `kind_unsupported` when a facet asks for what guise cannot do yet, `document_invalid` when a value makes no sense
 * on any host; either with all problems of the layer.
 */
import type { Digest, LayerRef, LocatedDocument, Probe, SecretContent } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { Claim } from './claim.ts';
import type { Refusal } from './claim-sink.ts';
import { ClaimSink } from './claim-sink.ts';
import { facets } from './facets/index.ts';
import { healthChecksOf, testsOf } from './facets/probes.ts';

export interface Compiled {
  readonly claims: readonly Claim[];
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
  /** Content that is not known before the secrets in it are: recipes, by what claims call it. */
  readonly secretContents: ReadonlyMap<Digest, SecretContent>;
  readonly tests: readonly Probe[];
  readonly healthChecks: readonly Probe[];
}

/** `documents` are the ancestors', furthest first, then the persona's own. */
export function compileDocuments(
  layer: LayerRef,
  documents: readonly LocatedDocument[],
  digestOf: (bytes: Uint8Array) => Digest,
): Compiled {
  const { instance, persona_id, version, priority } = layer;
  const compiled = documents.map((located, depth) => {
    const sink = new ClaimSink({ layer: { instance, persona_id, version, priority }, depth, located, digestOf });
    for (const facet of facets) facet(located.document, sink);
    return { sink, tests: testsOf(located.document, sink), healthChecks: healthChecksOf(located.document, sink) };
  });
  throwRefusals(compiled.flatMap(({ sink }) => sink.refusals));
  return {
    claims: compiled.flatMap(({ sink }) => sink.claims),
    blobs: new Map(compiled.flatMap(({ sink }) => [...sink.blobs])),
    secretContents: new Map(compiled.flatMap(({ sink }) => [...sink.secretContents])),
    tests: lastOfEachName(compiled.flatMap(({ tests }) => tests)),
    healthChecks: lastOfEachName(compiled.flatMap(({ healthChecks }) => healthChecks)),
  };
}

function throwRefusals(refusals: readonly Refusal[]): void {
  const [first] = refusals;
  if (first === undefined) return;
  const more = refusals.length === 1 ? '' : `; and ${refusals.length - 1} more`;
  const problems = refusals.slice(0, limits.problemsReported).map(({ problem }) => problem);
  throw new GuiseError(first.code, `${first.problem.message}${more}`, { problems });
}

/** A persona may replace a probe of its ancestors by giving its own the same name. */
function lastOfEachName(probes: readonly Probe[]): readonly Probe[] {
  return [...new Map(probes.map((probe) => [probe.name, probe])).values()];
}
