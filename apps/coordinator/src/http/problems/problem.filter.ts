import { Log } from '@muster/chassis';
import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Routes } from '../docs/routes';
import { requestIdOf } from '../request-id';
import { HttpProblem } from './problem';
import { documentOf, problemOf } from './problem.document';

/** Answers every error of the surface in one form. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Log,
    private readonly routes: Routes,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const problem = error instanceof NotFoundException ? this.noRoute(request) : problemOf(error);
    this.note(error, problem, request.path, requestIdOf(response));
    send(problem, request, response);
  }

  // A 503 is coped with by trying again; a 500 is ours to mend.
  private note(error: unknown, { status }: HttpProblem, path: string, requestId: string): void {
    if (status === 500) this.log.error('http.failed', { error, path, requestId });
    else if (status > 500) this.log.warn('http.unavailable', { error, path, requestId });
  }

  // Nest knows only that nothing matched; another method on the same path is a better answer.
  private noRoute({ method, path }: Request): HttpProblem {
    const allowed = this.routes.methodsOf(path);
    if (allowed.length === 0) return new HttpProblem(404, 'not_found', `There is nothing at ${path}; see /docs.`);
    const detail = `${method} is not for ${path}; it takes ${allowed.join(', ')}.`;
    return new HttpProblem(405, 'method_not_allowed', detail, { headers: { allow: allowed.join(', ') } });
  }
}

function send(problem: HttpProblem, request: Request, response: Response): void {
  // A stream that broke on its way can only be cut: its reader comes back and resumes.
  if (response.headersSent) return void response.end();
  const document = documentOf(problem, request.path, requestIdOf(response));
  response.status(problem.status).set({ ...problem.headers, 'cache-control': 'no-store' });
  response.type('application/problem+json').send(JSON.stringify(document));
}
