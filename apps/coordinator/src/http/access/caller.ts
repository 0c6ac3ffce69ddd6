import { type CustomDecorator, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Request } from 'express';

export const SCOPES = ['tasks:write', 'tasks:read', 'tools:write', 'permits:decide', 'operate'] as const;
export type Scope = (typeof SCOPES)[number];

/** Whom a request comes from, by its key. */
export interface Caller {
  readonly keyId: string;
  readonly tenantId: string;
  readonly scopes: readonly string[];
}

export const NEEDED_SCOPE = 'muster:scope';
/** What the caller's key must allow. A route without it is refused to everybody. */
export const Needs = (scope: Scope): CustomDecorator => SetMetadata(NEEDED_SCOPE, scope);

export type WithCaller = Request & { caller?: Caller };

/** The caller, in a controller's parameters. */
export const From = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<WithCaller>();
  if (!caller) throw new Error('This route is not behind the guard.');
  return caller;
});
