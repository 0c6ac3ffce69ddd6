import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const HEADER = 'x-request-id';
const ACCEPTABLE = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives each request an id, the caller's own where it brought a decent one, and says it in the answer. */
export function nameRequest(request: Request, response: Response, next: NextFunction): void {
  const brought = request.get(HEADER);
  response.setHeader(HEADER, brought && ACCEPTABLE.test(brought) ? brought : randomUUID());
  next();
}

export const requestIdOf = (response: Response): string => String(response.getHeader(HEADER) ?? '');
