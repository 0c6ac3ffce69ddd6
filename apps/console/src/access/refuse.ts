import { Fault } from '@muster/domain';
import type { Request, Response } from 'express';
import { page } from '../pages/layout';
import { problemPage } from '../pages/login.page';

const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  SCOPE_MISSING: 403,
  NOT_FOUND: 404,
  DATABASE_UNAVAILABLE: 503,
};

/** Sends a person to the login or shows them a page, and a program a problem document. */
export function refuse(request: Request, response: Response, fault: Fault): void {
  const status = STATUS[fault.code] ?? (fault.retryable ? 503 : 500);
  if (status === 503) response.setHeader('Retry-After', '2');
  if (!wantsPage(request)) problem(request, response, status, fault);
  else if (status === 401) response.redirect(303, `/login?next=${encodeURIComponent(request.originalUrl)}`);
  else sorryPage(response, status, fault);
}

function sorryPage(response: Response, status: number, fault: Fault): void {
  const frame = { title: String(status), here: 'overview', nonce: String(response.locals.nonce) } as const;
  const main = problemPage(sentenceOf(fault), fault.remedy);
  response.status(status).type('html').send(page(frame, main));
}

// The live refresh of a page is a program too: it reloads the page when it is told 401.
const wantsPage = (request: Request): boolean =>
  request.method === 'GET' &&
  request.headers['muster-fragment'] === undefined &&
  request.headers.authorization === undefined &&
  request.accepts(['json', 'html']) === 'html';

function problem(request: Request, response: Response, status: number, fault: Fault): void {
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  const { code, retryable, message: detail } = fault;
  response
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: fault.name,
        status,
        detail,
        instance: request.originalUrl,
        code,
        retryable,
      }),
    );
}

const sentenceOf = (fault: Fault): string => fault.message.slice(0, fault.message.length - fault.remedy.length).trim();
