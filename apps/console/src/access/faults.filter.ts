import { Log } from '@muster/chassis';
import { Fault } from '@muster/domain';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { PageNotFound } from './refusals';
import { refuse } from './refuse';

/** A bug in the console itself: the person is told so, the log has the rest. */
class ConsoleBroken extends Fault {
  readonly code = 'INTERNAL';
  readonly retryable = false;
  constructor() {
    super('The console made a mistake.', 'Nothing else is affected; its log says what happened.');
  }
}

/** Turns whatever a page throws into an answer. */
@Catch()
export class FaultsFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    refuse(http.getRequest<Request>(), http.getResponse<Response>(), this.faultOf(error));
  }

  private faultOf(error: unknown): Fault {
    if (error instanceof Fault) return error;
    if (error instanceof HttpException && error.getStatus() < 500) return new PageNotFound('page');
    this.log.error('console.bug', { error });
    return new ConsoleBroken();
  }
}
