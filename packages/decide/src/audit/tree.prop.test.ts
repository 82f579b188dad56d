/** The tree against the definitions of RFC 6962, written down as they stand there, and against the vectors of certificate-transparency. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompactRange, rootOf } from './compact-range.ts';
import { leafHash, nodeHash } from './tree-hash.ts';
import { consistencyRanges, inclusionRanges, type LeafRange, rangeRoot, wholeNodes } from './tree-ranges.ts';
import { verifyConsistency, verifyInclusion } from './verify-proofs.ts';

const sizeMax = 200;
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const leaves = Array.from({ length: sizeMax }, (_, index) => leafHash(sha256, Buffer.from(`entry ${index}`)));

/** MTH, PATH and PROOF of RFC 6962, 2.1. */
function naiveRoot(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes;
  if (first === undefined) return sha256(new Uint8Array());
  if (hashes.length === 1) return first;
  const split = splitOf(hashes.length);
  return nodeHash(sha256, naiveRoot(hashes.slice(0, split)), naiveRoot(hashes.slice(split)));
}

function naivePath(index: number, hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  if (hashes.length === 1) return [];
  const split = splitOf(hashes.length);
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)];
  return index < split
    ? [...naivePath(index, left), naiveRoot(right)]
    : [...naivePath(index - split, right), naiveRoot(left)];
}

function naiveProof(from: number, hashes: readonly Uint8Array[], isKnown = true): readonly Uint8Array[] {
  if (from === hashes.length) return isKnown ? [] : [naiveRoot(hashes)];
  const split = splitOf(hashes.length);
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)];
  return from <= split
    ? [...naiveProof(from, left, isKnown), naiveRoot(right)]
    : [...naiveProof(from - split, right, false), naiveRoot(left)];
}

function splitOf(size: number): number {
  return 2 ** Math.ceil(Math.log2(size) - 1);
}

/** As the control plane makes it: from hashes of whole subtrees. */
function hashesOf(ranges: readonly LeafRange[]): readonly Uint8Array[] {
  return ranges.map((range) =>
    rangeRoot(
      sha256,
      wholeNodes(range).map(({ height, place }) =>
        naiveRoot(leaves.slice(place * 2 ** height, (place + 1) * 2 ** height)),
      ),
    ),
  );
}

const roots = Array.from({ length: sizeMax + 1 }, (_, size) => naiveRoot(leaves.slice(0, size)));

describe('the vectors of certificate-transparency', () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  it.each([
    [0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
    [4, 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
    [5, '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
    [6, '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
    [7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
    [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
  ])('have the root of %i leaves', (size, root) => {
    const hashes = inputs.slice(0, size).map((input) => leafHash(sha256, Buffer.from(input, 'hex')));
    expect(Buffer.from(rootOf(sha256, hashes)).toString('hex')).toBe(root);
  });
});

describe('every tree up to 200 leaves', () => {
  it('has the root of the definition, at each leaf that is appended', () => {
    const range = new CompactRange(sha256);
    for (const [index, leaf] of leaves.entries()) {
      const other = range.fork();
      other.append(Buffer.alloc(32));
      range.append(leaf);
      expect(range.root()).toEqual(roots[index + 1]);
      expect(other.root()).not.toEqual(roots[index + 1]);
    }
  });

  it('proves each of its leaves, and no other', () => {
    for (let size = 1; size <= sizeMax; size++) {
      for (let index = 0; index < size; index += size > 40 ? 9 : 1) {
        const proof = hashesOf(inclusionRanges(index, size));
        expect(proof).toEqual(naivePath(index, leaves.slice(0, size)));
        const claim = { leaf: leaves[index]!, index, size, root: roots[size]!, proof };
        expect(verifyInclusion(sha256, claim)).toBe(true);
        expect(verifyInclusion(sha256, { ...claim, leaf: leaves[(index + 1) % sizeMax]! })).toBe(false);
        expect(verifyInclusion(sha256, { ...claim, index: index + 1 })).toBe(false);
        expect(verifyInclusion(sha256, { ...claim, proof: [...proof, leaves[0]!] })).toBe(false);
      }
    }
  });

  it('proves each log that it begins with, and no other', () => {
    for (let to = 0; to <= sizeMax; to++) {
      for (let from = 0; from <= to; from += to > 40 ? 9 : 1) {
        const proof = hashesOf(consistencyRanges(from, to));
        expect(proof).toEqual(from === 0 ? [] : naiveProof(from, leaves.slice(0, to)));
        const claim = { from, fromRoot: roots[from]!, to, toRoot: roots[to]!, proof };
        expect(verifyConsistency(sha256, claim)).toBe(true);
        expect(verifyConsistency(sha256, { ...claim, proof: [...proof, leaves[0]!] })).toBe(false);
        if (from === 0) continue;
        expect(verifyConsistency(sha256, { ...claim, fromRoot: leaves[0]! })).toBe(from === 1);
        expect(verifyConsistency(sha256, { ...claim, toRoot: leaves[1]! })).toBe(false);
      }
    }
  });

  it('is told from one with any other leaf: nothing proves that it goes on from that', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: sizeMax }), fc.nat(), fc.nat(), (to, one, other) => {
        const from = (one % to) + 1;
        const forged = leaves.with(other % from, leafHash(sha256, Buffer.from('another past')));
        const claim = {
          from,
          fromRoot: roots[from]!,
          to,
          toRoot: naiveRoot(forged.slice(0, to)),
          proof: from === to ? [] : naiveProof(from, forged.slice(0, to)),
        };
        expect(verifyConsistency(sha256, claim)).toBe(false);
      }),
    );
  });
});

it('never throws for a proof that is none', () => {
  const hash = fc.uint8Array({ minLength: 0, maxLength: 40 });
  const count = fc.oneof(fc.nat(300), fc.double(), fc.maxSafeInteger(), fc.constantFrom(-1, Number.NaN, 2 ** 53));
  fc.assert(
    fc.property(count, count, hash, hash, fc.array(hash, { maxLength: 64 }), (one, other, root, leaf, proof) => {
      expect(typeof verifyInclusion(sha256, { leaf, index: one, size: other, root, proof })).toBe('boolean');
      expect(typeof verifyConsistency(sha256, { from: one, fromRoot: leaf, to: other, toRoot: root, proof })).toBe(
        'boolean',
      );
    }),
  );
});
