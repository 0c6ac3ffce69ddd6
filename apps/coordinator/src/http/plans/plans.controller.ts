import { PlanCheckView, TaskRequest } from '@muster/contracts';
import type { JsonObject } from '@muster/domain';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { type Caller, From, Needs } from '../access/caller';
import { JsonBody } from '../body/json-body';
import { Answers, Takes } from '../docs/describe';
import { PlanCheckDesk } from './plan-check.desk';

@Controller('v1/plans')
export class PlansController {
  constructor(private readonly desk: PlanCheckDesk) {}

  @Post('check')
  @HttpCode(200)
  @Needs('tasks:read')
  @Takes(TaskRequest)
  @Answers(PlanCheckView, { says: 'Holds a task to every rule, and runs nothing.' })
  async check(@From() caller: Caller, @JsonBody() body: JsonObject): Promise<PlanCheckView> {
    return this.desk.check(caller.tenantId, body);
  }
}
