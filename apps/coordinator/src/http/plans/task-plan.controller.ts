import { PlanDiffView, PlanView, RevisePlanRequest } from '@muster/contracts';
import type { JsonObject } from '@muster/domain';
import { HistoryReader } from '@muster/persistence';
import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { type Caller, From, Needs } from '../access/caller';
import { JsonBody } from '../body/json-body';
import { Answers, Takes } from '../docs/describe';
import { invalidParameter, notFound } from '../problems/problem';
import { idOf, revisionOf } from '../query';
import { PlanRevisionDesk } from './plan-revision.desk';

/** What is meant to be done: the plan of a task, the plans that it had before, and another one in its place. */
@Controller('v1/tasks/:id/plan')
export class TaskPlanController {
  constructor(
    private readonly history: HistoryReader,
    private readonly desk: PlanRevisionDesk,
  ) {}

  @Get()
  @Needs('tasks:read')
  @Answers(PlanView, {
    says: 'The active plan, with the contracts it was accepted on; or the one of a revision.',
    path: ['id'],
    query: ['revision'],
  })
  async plan(
    @From() caller: Caller,
    @Param('id') id: string,
    @Query('revision') revision: string | undefined,
  ): Promise<PlanView> {
    const plan = await this.history.plan(caller.tenantId, idOf('task', id), revisionOf('revision', revision));
    if (!plan) throw notFound('plan of such a task');
    return plan;
  }

  @Get('diff')
  @Needs('tasks:read')
  @Answers(PlanDiffView, { says: 'What one revision changed of an earlier one.', path: ['id'], query: ['from', 'to'] })
  async diff(
    @From() caller: Caller,
    @Param('id') id: string,
    @Query('from') from: string | undefined,
    @Query('to') to: string | undefined,
  ): Promise<PlanDiffView> {
    const [before, after] = [revisionOf('from', from), revisionOf('to', to)];
    if (before === undefined) throw invalidParameter('from', 'name a revision of the plan.');
    if (after === undefined) throw invalidParameter('to', 'name a revision of the plan.');
    const diff = await this.history.planDiff(caller.tenantId, idOf('task', id), before, after);
    if (!diff) throw notFound('revision of such a task');
    return diff;
  }

  @Post()
  @HttpCode(200)
  @Needs('tasks:write')
  @Takes(RevisePlanRequest)
  @Answers(PlanDiffView, { says: 'Puts a plan in the place of the one that the task goes by.', path: ['id'] })
  async revise(@From() caller: Caller, @Param('id') id: string, @JsonBody() body: JsonObject): Promise<PlanDiffView> {
    return this.desk.revise(caller, idOf('task', id), body);
  }
}
