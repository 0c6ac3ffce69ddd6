import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Door, READ_SCOPES, type Viewer } from './door';

/** Lets nobody see a page who may not read; whoever passes is found again with `viewerOf`. */
@Injectable()
export class PagesGuard implements CanActivate {
  constructor(private readonly door: Door) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    http.getResponse<Response>().locals.viewer = await this.door.admit(http.getRequest<Request>(), READ_SCOPES);
    return true;
  }
}

export const viewerOf = (response: Response): Viewer => response.locals.viewer as Viewer;
