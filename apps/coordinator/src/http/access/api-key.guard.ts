import { createHash } from 'node:crypto';
import { type ApiKeyRecord, RegistryReader } from '@muster/persistence';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { HttpProblem } from '../problems/problem';
import { ApiKeyCache } from './api-key.cache';
import { NEEDED_SCOPE, type Scope, type WithCaller } from './caller';
import { RateLimiter } from './rate-limiter';

/** Lets a request in whose key is known, allows what is asked, and has not asked too often. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  private readonly keys: ApiKeyCache;

  constructor(
    private readonly reflector: Reflector,
    private readonly rates: RateLimiter,
    registry: RegistryReader,
  ) {
    this.keys = new ApiKeyCache((hash) => registry.apiKey(hash));
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<WithCaller>();
    const key = await this.keyOf(request);
    if (key.rateLimited) this.rates.take(key.id);
    const scope = this.reflector.getAllAndOverride<Scope>(NEEDED_SCOPE, [context.getHandler(), context.getClass()]);
    if (!key.scopes.includes(scope)) throw missingScope(scope);
    request.caller = { keyId: key.id, tenantId: key.tenantId, scopes: key.scopes };
    return true;
  }

  private async keyOf(request: Request): Promise<ApiKeyRecord> {
    const [, token] = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(request.get('authorization') ?? '') ?? [];
    if (!token) throw unauthorized('Send your API key: Authorization: Bearer <key>.');
    const key = await this.keys.get(createHash('sha256').update(token).digest());
    if (!key) throw unauthorized('The API key is not known, or it was revoked.');
    return key;
  }
}

const unauthorized = (detail: string): HttpProblem =>
  new HttpProblem(401, 'unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="muster"' } });

const missingScope = (scope: Scope): HttpProblem =>
  new HttpProblem(403, 'missing_scope', `This key does not have the scope '${scope}', which this request needs.`);
