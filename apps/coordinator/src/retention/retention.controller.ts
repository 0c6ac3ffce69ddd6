import { PRUNABLE_STATES, PrunedView, PruneRequest, shapeProblems } from '@muster/contracts';
import type { JsonObject, Problem } from '@muster/domain';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { type Caller, From, Needs } from '../http/access/caller';
import { JsonBody } from '../http/body/json-body';
import { Answers, Takes } from '../http/docs/describe';
import { invalidRequest } from '../http/problems/problem';
import { Pruner } from './pruner';
import { RETENTION_LIMITS } from './retention.limits';

/** Retention by command: a slice a request, so that whoever asks sees it go on and may stop at any moment. */
@Controller('v1/prune')
@Needs('operate')
export class RetentionController {
  constructor(private readonly pruner: Pruner) {}

  @Post()
  @HttpCode(200)
  @Takes(PruneRequest)
  @Answers(PrunedView, { says: 'Removes finished tasks that ended long enough ago, with all that belongs to them.' })
  async prune(@From() { tenantId }: Caller, @JsonBody() body: JsonObject): Promise<PrunedView> {
    const problems = shapeProblems(PruneRequest, body).map(withRemedy);
    if (problems.length > 0) throw invalidRequest(problems);
    const { olderThanMs, states = PRUNABLE_STATES, dryRun = false, cursor } = body as object as PruneRequest;
    const pace = { rest: RETENTION_LIMITS.COMMAND_REST, sliceMs: RETENTION_LIMITS.SLICE_MS_MAX };
    return this.pruner.slice({ tenantId, states, olderThanMs, dryRun }, pace, cursor);
  }
}

function withRemedy(problem: Problem): Problem {
  if (problem.pointer !== '/olderThanMs' || problem.code !== 'range') return problem;
  const why = 'So long its Idempotency-Key keeps a repeated submission from running again. Say a day or more.';
  return { ...problem, message: `${problem.message} A task stays for a day at least after its end. ${why}` };
}
