import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson, type JsonObject } from '@muster/domain';

/** The text that a signature is made of: the canonical JSON (RFC 8785) of a message, all but `signature`. Pure. */
export function signedText(message: JsonObject): string {
  const { signature, ...rest } = message;
  return canonicalJson(rest);
}

/** HMAC-SHA256 in lower-case hex; the secret counts by its UTF-8 bytes. Pure. */
export const signatureOf = (message: JsonObject, secret: string): string => digestOf(message, secret).toString('hex');

/** Whether the message carries the signature that this secret makes. Takes the same time wherever they differ. Pure. */
export function isSignedWith(message: JsonObject, secret: string): boolean {
  const { signature } = message;
  if (typeof signature !== 'string' || !HEX_DIGEST.test(signature)) return false;
  return timingSafeEqual(Buffer.from(signature, 'hex'), digestOf(message, secret));
}

const HEX_DIGEST = /^[0-9a-f]{64}$/;

const digestOf = (message: JsonObject, secret: string): Buffer =>
  createHmac('sha256', secret).update(signedText(message), 'utf8').digest();
