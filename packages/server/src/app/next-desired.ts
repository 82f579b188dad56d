/**
 * Whether a host's desired state moved on: its row and its layers now → its row after.
 *
 * Invariants: the generation counts up exactly when the content or a secret in it differs, the digest is of the content alone; a refusal changes no content; a suspension ends with
 * the first content that is not the suspended one; a host that was never assigned anything stays at generation 0.
 */
import type { Digest, Json } from '@guise/model';
import { digestOfJson } from '@guise/model';
import type { DesiredRow } from '../store/desired.ts';
import type { DesiredLayers } from './desired-layers.ts';

export function nextDesired(row: DesiredRow, desired: DesiredLayers, secretVersions: string | null = null): DesiredRow {
  if (desired.type === 'refused') return { ...row, refused: desired.reason };
  if (row.generation === 0 && desired.layers.length === 0) return { ...row, refused: null };
  const digest = contentDigest(desired);
  const suspended = row.suspendedDigest === digest;
  return {
    ...row,
    generation: digest === row.digest && secretVersions === row.secretVersions ? row.generation : row.generation + 1,
    digest,
    secretVersions,
    refused: null,
    suspendedDigest: suspended ? row.suspendedDigest : null,
    suspendedAt: suspended ? row.suspendedAt : null,
  };
}

function contentDigest({ layers }: Extract<DesiredLayers, { type: 'layers' }>): Digest {
  return digestOfJson(layers as unknown as Json);
}

export function sameDesired(one: DesiredRow, other: DesiredRow): boolean {
  return (
    one.generation === other.generation &&
    one.digest === other.digest &&
    one.secretVersions === other.secretVersions &&
    one.refused === other.refused &&
    one.suspendedDigest === other.suspendedDigest
  );
}
