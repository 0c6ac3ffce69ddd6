import { BatchRequest, BatchView, CancelTaskRequest, shapeProblems, TaskRequest, TaskView } from '@muster/contracts';
import { assertNever, type JsonObject } from '@muster/domain';
import { type Page, type PageRequest, type TaskFilter, TaskReader } from '@muster/persistence';
import { Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Lifecycle } from '../../lifecycle/lifecycle.port';
import { type Caller, From, Needs } from '../access/caller';
import { JsonBody, OptionalJsonBody } from '../body/json-body';
import { Answers, Takes } from '../docs/describe';
import { etagOf, expectedRevision, idempotencyKeyOf } from '../preconditions';
import { HttpProblem, invalidRequest, noSuchTask } from '../problems/problem';
import { Filtered, InPages, idOf, WaitMs } from '../query';
import { requestIdOf } from '../request-id';
import { TaskBatch } from '../submission/task.batch';
import { TaskIntake } from '../submission/task.intake';
import { TaskWatch } from './task.watch';

@Controller('v1/tasks')
export class TasksController {
  constructor(
    private readonly intake: TaskIntake,
    private readonly batches: TaskBatch,
    private readonly tasks: TaskReader,
    private readonly watch: TaskWatch,
    private readonly lifecycle: Lifecycle,
  ) {}

  @Post()
  @HttpCode(202)
  @Needs('tasks:write')
  @Takes(TaskRequest)
  @Answers(TaskView, {
    status: 202,
    says: 'Takes a task; it runs from here on. Answers at once or when it has come to a rest.',
    headers: ['Idempotency-Key'],
    query: ['waitMs'],
  })
  async submit(
    @From() caller: Caller,
    @JsonBody() body: JsonObject,
    @Headers('idempotency-key') key: string | undefined,
    @WaitMs() waitMs: number,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TaskView> {
    const accepted = await this.intake.submit(caller, body, idempotencyKeyOf(key));
    if (waitMs > 0) await this.watch.untilSettled(caller.tenantId, accepted, waitMs, response);
    const task = await this.found(caller, accepted.taskId);
    response.set({ location: `/v1/tasks/${task.id}`, etag: etagOf(task.revision) });
    return task;
  }

  @Post('batch')
  @HttpCode(200)
  @Needs('tasks:write')
  @Takes(BatchRequest)
  @Answers(BatchView, { says: 'Takes up to 1,000 tasks, each on its own.', headers: ['Idempotency-Key'] })
  async submitMany(
    @From() caller: Caller,
    @JsonBody() body: JsonObject,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<BatchView> {
    // The tasks are looked through one by one: a bad one among them is refused alone.
    const tasks = Array.isArray(body.tasks) ? body.tasks : undefined;
    const problems = shapeProblems(BatchRequest, tasks ? { ...body, tasks: tasks.map(() => ({})) } : body);
    if (!tasks || problems.length > 0) throw invalidRequest(problems);
    return this.batches.submit(caller, tasks, {
      idempotencyKey: idempotencyKeyOf(key),
      requestId: requestIdOf(response),
    });
  }

  @Get(':id')
  @Needs('tasks:read')
  @Answers(TaskView, { says: 'The task, at once or when it has come to a rest.', path: ['id'], query: ['waitMs'] })
  async one(
    @From() caller: Caller,
    @Param('id') id: string,
    @WaitMs() waitMs: number,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TaskView> {
    const taskId = idOf('task', id);
    if (waitMs > 0) await this.watch.untilSettled(caller.tenantId, { taskId, isNew: false }, waitMs, response);
    const task = await this.found(caller, taskId);
    response.set({ etag: etagOf(task.revision), 'cache-control': 'no-store' });
    return task;
  }

  @Get()
  @Needs('tasks:read')
  @Answers(TaskView, { says: 'Tasks, newest first.', isPage: true, query: ['state', 'label'] })
  async list(
    @From() caller: Caller,
    @Filtered() filter: TaskFilter,
    @InPages() page: PageRequest,
  ): Promise<Page<TaskView>> {
    return this.tasks.page(caller.tenantId, filter, page);
  }

  @Post(':id/cancel')
  @HttpCode(202)
  @Needs('tasks:write')
  @Takes(CancelTaskRequest, false)
  @Answers(TaskView, {
    status: 202,
    says: 'Withdraws the task: nothing is sent from here on.',
    path: ['id'],
    headers: ['If-Match'],
  })
  async cancel(
    @From() caller: Caller,
    @Param('id') id: string,
    @OptionalJsonBody() body: JsonObject,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TaskView> {
    const problems = shapeProblems(CancelTaskRequest, body);
    if (problems.length > 0) throw invalidRequest(problems);
    const task = await this.cancelled(caller, idOf('task', id), body as CancelTaskRequest, expectedRevision(ifMatch));
    response.set({ etag: etagOf(task.revision) });
    return task;
  }

  private async cancelled(
    { tenantId }: Caller,
    taskId: string,
    { reason = 'No reason was given.' }: CancelTaskRequest,
    expected: number | undefined,
  ): Promise<TaskView> {
    const { kind } = await this.lifecycle.cancel({ tenantId, taskId, reason, expectedRevision: expected });
    const task = await this.tasks.one(tenantId, taskId);
    if (!task || kind === 'not-found') throw noSuchTask();
    switch (kind) {
      case 'cancelling':
        return task;
      case 'already-ended':
        if (task.state === 'cancelled') return task;
        throw new HttpProblem(409, 'already_ended', `The task has ended as ${task.state}; there is nothing to cancel.`);
      case 'stale-revision':
        throw staleRevision(task.revision);
      default:
        return assertNever(kind);
    }
  }

  private async found({ tenantId }: Caller, taskId: string): Promise<TaskView> {
    const task = await this.tasks.one(tenantId, taskId);
    if (!task) throw noSuchTask();
    return task;
  }
}

function staleRevision(revision: number): HttpProblem {
  const detail = `The task is at revision ${revision} now. Look at it again, and decide anew.`;
  return new HttpProblem(412, 'stale_revision', detail, { headers: { etag: etagOf(revision) } });
}
