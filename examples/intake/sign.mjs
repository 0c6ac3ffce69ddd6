import { createHmac } from 'node:crypto';
import canonicalize from 'canonicalize';

/** The message with its signature: HMAC-SHA256, in hex, over the canonical JSON (RFC 8785) of everything else. */
export function signed(message, secret) {
  const signature = createHmac('sha256', secret).update(canonicalize(message), 'utf8').digest('hex');
  return { ...message, signature };
}
