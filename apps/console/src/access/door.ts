import { Config } from '@muster/chassis';
import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { type ApiKey, ApiKeyReader } from './api-key.reader';
import { NotSignedIn, ScopeMissing } from './refusals';
import { isGenuine, readClaim, sealSession, signingKey } from './session';

/** Somebody who looks: always a key, be it in a header or behind a session. */
export interface Viewer {
  readonly keyId: string;
  readonly tenantId: string;
  readonly label: string;
  readonly scopes: readonly string[];
}

export const READ_SCOPES = ['tasks:read', 'operate'] as const;
/** Queues carry every tenant's messages, so they are shown to operators only. */
export const QUEUE_SCOPES = ['operate'] as const;

const COOKIE = 'muster_session';
const SESSION_MS = 12 * 60 * 60 * 1_000;

/** The one place that knows who may look: used by the pages' guard and by the board's middleware alike. */
@Injectable()
export class Door {
  constructor(
    private readonly keys: ApiKeyReader,
    private readonly config: Config,
  ) {}

  /** Answers who asks; throws `NotSignedIn` or `ScopeMissing`. */
  async admit(request: Request, scopes: readonly string[]): Promise<Viewer> {
    const key = await this.recognise(request);
    if (!key) throw new NotSignedIn();
    if (!key.scopes.some((scope) => scopes.includes(scope))) throw new ScopeMissing(scopes);
    return { keyId: key.id, tenantId: key.tenant_id, label: key.label, scopes: key.scopes };
  }

  /** Begins a session for an API key that may read; throws as `admit` does. */
  async signIn(text: string, request: Request, response: Response): Promise<void> {
    const key = await this.keys.byText(text);
    if (!key) throw new NotSignedIn();
    if (!key.scopes.some((scope) => (READ_SCOPES as readonly string[]).includes(scope)))
      throw new ScopeMissing(READ_SCOPES);
    const sealed = sealSession({ keyId: key.id, expiresAt: Date.now() + SESSION_MS }, this.signingKeyOf(key));
    response.cookie(COOKIE, sealed, { ...cookieOptions(request), maxAge: SESSION_MS });
  }

  signOut(request: Request, response: Response): void {
    response.clearCookie(COOKIE, cookieOptions(request));
  }

  private async recognise(request: Request): Promise<ApiKey | undefined> {
    const bearer = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer) return await this.keys.byText(bearer);
    const cookie = cookieOf(request);
    const claim = cookie && readClaim(cookie);
    if (!cookie || !claim) return undefined;
    const key = await this.keys.byId(claim.keyId);
    return key && isGenuine(cookie, this.signingKeyOf(key), Date.now()) ? key : undefined;
  }

  // The database's URL is the one secret that all replicas share and no backup of the database contains.
  private signingKeyOf(key: ApiKey): Buffer {
    return signingKey(key.key_hash, this.config.databaseUrl);
  }
}

function cookieOf(request: Request): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
}

// Strict: no other site can make a signed-in browser open anything here. Secure wherever the browser spoke TLS.
const cookieOptions = (request: Request) => ({
  httpOnly: true,
  sameSite: 'strict' as const,
  path: '/',
  secure: request.secure || request.headers['x-forwarded-proto'] === 'https',
});
