/** The audit log as a Merkle tree. Apart from the index: few programs need it. */
export { CompactRange, rootOf } from './audit/compact-range.ts';
export { entryBytes, type LoggedEntry } from './audit/logged-entry.ts';
export { leafHash, type Sha256, sameHash } from './audit/tree-hash.ts';
export {
  consistencyRanges,
  inclusionRanges,
  type LeafRange,
  rangeRoot,
  type TreeNode,
  wholeNodes,
} from './audit/tree-ranges.ts';
export {
  type ConsistencyClaim,
  type InclusionClaim,
  verifyConsistency,
  verifyInclusion,
} from './audit/verify-proofs.ts';
