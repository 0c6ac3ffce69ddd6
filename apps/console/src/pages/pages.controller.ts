import { type IdKind, parseId, showId } from '@muster/domain';
import { Controller, Get, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { QUEUE_SCOPES } from '../access/door';
import { PagesGuard, viewerOf } from '../access/pages.guard';
import { PageNotFound } from '../access/refusals';
import { QueueDepthReader } from '../board/queue-depth.reader';
import { OverviewReader } from '../readers/overview.reader';
import { type TaskQuery, TaskReader } from '../readers/task.reader';
import { TasksReader } from '../readers/tasks.reader';
import { type Frame, page } from './layout';
import type { Markup } from './markup';
import { overviewPage, STEP_STATES, TASK_STATES } from './overview.page';
import { taskPage } from './task.page';
import { tasksPage } from './tasks.page';

@Controller()
@UseGuards(PagesGuard)
export class PagesController {
  constructor(
    private readonly overviews: OverviewReader,
    private readonly tasks: TasksReader,
    private readonly task: TaskReader,
    private readonly depths: QueueDepthReader,
  ) {}

  @Get()
  async overview(@Req() request: Request, @Res() response: Response): Promise<void> {
    const depths = mayOperate(response) ? this.depths.read() : undefined;
    const overview = await this.overviews.read(viewerOf(response).tenantId);
    show(request, response, { title: 'Overview', here: 'overview' }, overviewPage(overview, await depths, new Date()));
  }

  @Get('tasks')
  async list(
    @Query() query: Record<string, unknown>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const state = oneOf(query.state, TASK_STATES);
    const after = query.after === undefined ? undefined : uuidOf('task', query.after);
    const found = await this.tasks.list(viewerOf(response).tenantId, state, after);
    show(request, response, { title: 'Tasks', here: 'tasks' }, tasksPage(found, state, new Date()));
  }

  @Get('tasks/:id')
  async one(
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const asked = taskQuery(query);
    const view = await this.task.read(viewerOf(response).tenantId, uuidOf('task', id), asked);
    if (!view) throw new PageNotFound('task of this id');
    show(request, response, { title: id, here: 'tasks' }, taskPage(view, asked, new Date()));
  }

  @Get('steps/:id')
  async step(@Param('id') id: string, @Res() response: Response): Promise<void> {
    await this.leadHome('step', id, response);
  }

  @Get('operations/:id')
  async operation(@Param('id') id: string, @Res() response: Response): Promise<void> {
    await this.leadHome('operation', id, response);
  }

  // Jobs name steps and operations; what a person wants to see is their task.
  private async leadHome(kind: 'step' | 'operation', id: string, response: Response): Promise<void> {
    const home = await this.task.findHome(viewerOf(response).tenantId, kind, uuidOf(kind, id));
    if (!home) throw new PageNotFound(`${kind} of this id`);
    response.redirect(303, `/tasks/${showId('task', home.taskId)}#${showId('step', home.stepId)}`);
  }
}

const mayOperate = (response: Response): boolean =>
  viewerOf(response).scopes.some((scope) => (QUEUE_SCOPES as readonly string[]).includes(scope));

/** The whole page, or only its `main` for the script that keeps it fresh. */
function show(request: Request, response: Response, frame: Pick<Frame, 'title' | 'here'>, main: Markup): void {
  response.type('html').vary('Muster-Fragment');
  if (request.headers['muster-fragment'] === 'main') return void response.send(main.text);
  const { label, tenantId } = viewerOf(response);
  const viewer = { label, tenantId, mayOperate: mayOperate(response) };
  response.send(page({ ...frame, nonce: String(response.locals.nonce), viewer }, main));
}

function uuidOf(kind: IdKind, shown: unknown): string {
  const uuid = typeof shown === 'string' ? parseId(kind, shown) : undefined;
  if (!uuid) throw new PageNotFound(`${kind} of this id`);
  return uuid;
}

const oneOf = (given: unknown, known: readonly string[]): string | undefined => known.find((name) => name === given);

function taskQuery(query: Record<string, unknown>): TaskQuery {
  const after = /^(\d{1,9})\.((?:\d{5}(?:\/\d{5}){0,20})?)$/.exec(String(query.after ?? ''));
  const events = /^\d{1,9}$/.exec(String(query.events ?? ''));
  return {
    state: oneOf(query.state, STEP_STATES),
    after: after ? { planIndex: Number(after[1]), place: after[2]! } : undefined,
    eventsBefore: events ? Number(events[0]) : undefined,
  };
}
