import { OperationView, ResolveOperationRequest, shapeProblems } from '@muster/contracts';
import { assertNever, type JsonObject, type Problem } from '@muster/domain';
import { OperationReader } from '@muster/persistence';
import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { Lifecycle } from '../../lifecycle/lifecycle.port';
import { type Caller, From, Needs } from '../access/caller';
import { JsonBody } from '../body/json-body';
import { Answers, Takes } from '../docs/describe';
import { HttpProblem, invalidRequest, notFound } from '../problems/problem';
import { idOf } from '../query';

@Controller('v1/operations/:id')
export class OperationsController {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly operations: OperationReader,
  ) {}

  @Get()
  @Needs('tasks:read')
  @Answers(OperationView, { says: 'One operation.', path: ['id'] })
  async one(@From() caller: Caller, @Param('id') id: string): Promise<OperationView> {
    return this.found(caller, idOf('operation', id));
  }

  @Post('resolve')
  @HttpCode(200)
  @Needs('operate')
  @Takes(ResolveOperationRequest)
  @Answers(OperationView, { says: "A person's word on an operation whose fate nobody knows.", path: ['id'] })
  async resolve(@From() caller: Caller, @Param('id') id: string, @JsonBody() body: JsonObject): Promise<OperationView> {
    const operationId = idOf('operation', id);
    const problems = resolutionProblems(body);
    if (problems.length > 0) throw invalidRequest(problems);
    const { outcome, output, evidence, reason } = body as unknown as ResolveOperationRequest;
    const { tenantId, keyId: apiKeyId } = caller;
    const word = { tenantId, apiKeyId, operationId, outcome, output, evidence, reason };
    const answer = await this.lifecycle.resolve(word);
    switch (answer.kind) {
      case 'resolved':
        return this.found(caller, operationId);
      case 'not-open':
        throw notOpen(answer.state);
      case 'not-found':
        throw notFound('such operation');
      default:
        return assertNever(answer.kind);
    }
  }

  private async found({ tenantId }: Caller, operationId: string): Promise<OperationView> {
    const operation = await this.operations.one(tenantId, operationId);
    if (!operation) throw notFound('such operation');
    return operation;
  }
}

function resolutionProblems(body: JsonObject): Problem[] {
  const problems = shapeProblems(ResolveOperationRequest, body);
  if (body.outcome !== 'absent' || body.output === undefined) return problems;
  const message = 'What did not happen has no output.';
  return [...problems, { pointer: '/output', code: 'contradiction', message }];
}

function notOpen(state: string | undefined): HttpProblem {
  const now = state ? `it is ${state}` : 'it was settled, or its task has ended';
  const detail = `The operation does not wait for a person's word: ${now}. Look at its task's explain.`;
  return new HttpProblem(409, 'operation_not_open', detail);
}
