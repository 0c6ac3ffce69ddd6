import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Who a session speaks for, and until when (milliseconds since 1970). */
export interface Session {
  readonly keyId: string;
  readonly expiresAt: number;
}

const FORM = /^([0-9a-f-]{36})\.(\d{1,16})\.([A-Za-z0-9_-]{43})$/;

/**
 * What signs the sessions of one API key. It is made of the key's stored hash and a secret that every replica has and
 * no backup holds, so that sessions outlive a restart, are good at any replica, and end with their key.
 */
export const signingKey = (keyHash: Uint8Array, secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', keyHash, secret, 'muster console session', 32));

export const sealSession = (session: Session, key: Buffer): string => {
  const claim = `${session.keyId}.${session.expiresAt}`;
  return `${claim}.${sign(claim, key)}`;
};

/** What a cookie claims, not yet believed: the signature is checked with the key it names. */
export function readClaim(cookie: string): Session | undefined {
  const match = FORM.exec(cookie);
  return match?.[1] && match[2] ? { keyId: match[1], expiresAt: Number(match[2]) } : undefined;
}

/** Is this cookie our own work for this key, and still good? */
export function isGenuine(cookie: string, key: Buffer, now: number): boolean {
  const session = readClaim(cookie);
  if (!session || session.expiresAt <= now) return false;
  const given = Buffer.from(cookie);
  const ours = Buffer.from(sealSession(session, key));
  return given.length === ours.length && timingSafeEqual(given, ours);
}

const sign = (claim: string, key: Buffer): string => createHmac('sha256', key).update(claim).digest('base64url');
