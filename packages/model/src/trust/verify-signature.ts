/** Whether `signature` is that of `message` by an Ed25519 key (32 bytes as base64). Passed in, because what is pure has no OpenSSL. Never throws. */
export type VerifySignature = (publicKey: string, message: Uint8Array, signature: Uint8Array) => boolean;
