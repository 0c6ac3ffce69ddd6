import { Fault } from '@muster/domain';
import { Body, Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { page } from '../pages/layout';
import { loginPage } from '../pages/login.page';
import { Door } from './door';
import { NotSignedIn, ScopeMissing } from './refusals';

@Controller()
export class LoginController {
  constructor(private readonly door: Door) {}

  @Get('login')
  show(@Query('next') next: unknown, @Res() response: Response): void {
    send(response, 200, localPath(next));
  }

  @Post('login')
  async signIn(
    @Body() form: Record<string, unknown> | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const next = localPath(form?.next);
    try {
      await this.door.signIn(String(form?.key ?? '').trim(), request, response);
      response.redirect(303, next);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      send(response, ...refusalOf(error, next));
    }
  }

  @Post('logout')
  signOut(@Req() request: Request, @Res() response: Response): void {
    this.door.signOut(request, response);
    response.redirect(303, '/login');
  }
}

function send(response: Response, status: number, next: string, refusal?: string): void {
  const frame = { title: 'Sign in', here: 'login' as const, nonce: String(response.locals.nonce) };
  response
    .status(status)
    .type('html')
    .send(page(frame, loginPage(next, refusal)));
}

function refusalOf(fault: Fault, next: string): [number, string, string] {
  if (fault instanceof NotSignedIn) return [401, next, 'This is no API key of this runtime, or it has been revoked.'];
  if (fault instanceof ScopeMissing) return [403, next, 'This API key may neither read tasks nor operate the runtime.'];
  return [503, next, 'The database does not answer. Try again in a moment.'];
}

/** Only a path of this console: `//elsewhere`, `/\elsewhere` and whole addresses would lead a person away. */
export function localPath(next: unknown): string {
  return typeof next === 'string' &&
    /^\/(?![/\\])[\x21-\x7e]*$/.test(next) &&
    !next.includes('\\') &&
    next.length <= 1_024
    ? next
    : '/';
}
