import { randomBytes } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

/**
 * What every answer says to the browser. Pages run only the one script that carries this answer's nonce, load nothing
 * from elsewhere and cannot be framed; Bull Board brings its own files and styles, also from here alone.
 */
export function securityHeaders(request: Request, response: Response, next: NextFunction): void {
  const nonce = randomBytes(16).toString('base64');
  response.locals.nonce = nonce;
  response.setHeader('Content-Security-Policy', isBoard(request) ? BOARD_POLICY : pagePolicy(nonce));
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Referrer-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cache-Control', 'no-store');
  next();
}

const isBoard = (request: Request): boolean => request.path === '/queues' || request.path.startsWith('/queues/');

const SHARED = "form-action 'self'; base-uri 'self'; frame-ancestors 'none'; object-src 'none'";

const pagePolicy = (nonce: string): string =>
  `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'self'; img-src 'self'; connect-src 'self'; ${SHARED}`;

const BOARD_POLICY = `default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; ${SHARED}`;
