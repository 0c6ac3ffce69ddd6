import { ArtifactView, EventView } from '@muster/contracts';
import { HistoryReader, type Page, type PageRequest, TaskReader } from '@muster/persistence';
import { Controller, Get, Headers, Param, Req, Res } from '@nestjs/common';
import { ApiProduces } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { type Caller, From, Needs } from '../access/caller';
import { Answers } from '../docs/describe';
import { HttpProblem, noSuchTask, notFound } from '../problems/problem';
import { InPages, idOf, textOf } from '../query';
import { TaskWatch } from './task.watch';

const STREAM = 'text/event-stream';

/** What happened, live or in pages, and what came of it. */
@Controller('v1/tasks/:id')
export class TaskHistoryController {
  constructor(
    private readonly tasks: TaskReader,
    private readonly history: HistoryReader,
    private readonly watch: TaskWatch,
  ) {}

  @Get('events')
  @Needs('tasks:read')
  @ApiProduces('application/json', STREAM)
  @Answers(EventView, {
    says: 'History: in pages, or with Accept: text/event-stream live until the task has ended.',
    path: ['id'],
    isPage: true,
    headers: ['Last-Event-ID'],
  })
  async events(
    @From() caller: Caller,
    @Param('id') id: string,
    @InPages() page: PageRequest,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const taskId = idOf('task', id);
    if (request.accepts(['application/json', STREAM]) === STREAM) {
      return this.watch.stream(caller.tenantId, taskId, seenBefore(lastEventId), response);
    }
    const events = await this.history.events(caller.tenantId, taskId, page);
    response.json(await this.existing(caller, taskId, events));
  }

  @Get('artifacts')
  @Needs('tasks:read')
  @Answers(ArtifactView, { says: 'What came of it.', path: ['id'], isPage: true })
  async artifacts(
    @From() caller: Caller,
    @Param('id') id: string,
    @InPages() page: PageRequest,
  ): Promise<Page<ArtifactView>> {
    const taskId = idOf('task', id);
    return this.existing(caller, taskId, await this.history.artifacts(caller.tenantId, taskId, page));
  }

  @Get('artifacts/:name')
  @Needs('tasks:read')
  @ApiProduces('application/octet-stream')
  @Answers(ArtifactView, {
    says: "An artifact's bytes, with its own media type.",
    path: ['id', 'name'],
    query: ['step'],
  })
  async artifact(
    @From() caller: Caller,
    @Param('id') id: string,
    @Param('name') name: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const step = textOf('step', request.query.step);
    const found = await this.history.artifact(caller.tenantId, idOf('task', id), name, step);
    if (!found) throw notFound('such artifact');
    // Tools made it: no browser should run what they wrote as if it were a page of ours.
    response.set({
      'content-type': found.mediaType,
      'content-disposition': 'attachment',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      etag: `"${found.hash}"`,
    });
    response.end(found.content);
  }

  private async existing<T>({ tenantId }: Caller, taskId: string, page: Page<T>): Promise<Page<T>> {
    if (page.items.length === 0 && !(await this.tasks.pulse(tenantId, taskId))) throw noSuchTask();
    return page;
  }
}

function seenBefore(lastEventId: string | undefined): number {
  if (lastEventId === undefined) return 0;
  if (/^\d{1,9}$/.test(lastEventId)) return Number(lastEventId);
  throw new HttpProblem(400, 'invalid_last_event_id', 'Last-Event-ID is the number of the last event seen, or 0.');
}
