/**
 * Whether an Ed25519 public key is one that only its owner can sign with.
 *
 * Refused: points of small order, for which one signature fits many messages; points outside the group that keys are made in; and every
 * spelling of a point but the one that RFC 8032 has, because a key is named by its bytes.
 * Shape: loads the curve, which takes a few milliseconds; hence only who reads a root that it did not pin before asks for it.
 * Source: RFC 8032, 5.1.3; https://eprint.iacr.org/2020/1244 "Taming the many EdDSAs".
 */

/** Of 32 bytes as base64. Never throws. */
export type IsUsableKey = (publicKey: string) => boolean;

export async function usableKeyCheck(): Promise<IsUsableKey> {
  const { ed25519 } = await import('@noble/curves/ed25519.js');
  return (publicKey) => {
    try {
      const point = ed25519.Point.fromBytes(Uint8Array.from(Buffer.from(publicKey, 'base64')));
      return !point.isSmallOrder() && point.isTorsionFree();
    } catch {
      return false;
    }
  };
}
