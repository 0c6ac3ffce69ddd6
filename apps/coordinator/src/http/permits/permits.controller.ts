import {
  DenyPermitRequest,
  GrantPermitRequest,
  PERMIT_VIEW_STATES,
  PermitView,
  type PermitViewState,
  type ShapeClass,
  shapeProblems,
} from '@muster/contracts';
import { assertNever, type JsonObject } from '@muster/domain';
import { type Page, type PageRequest, PermitReader } from '@muster/persistence';
import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Lifecycle } from '../../lifecycle/lifecycle.port';
import { type Caller, From, Needs } from '../access/caller';
import { JsonBody } from '../body/json-body';
import { Answers, Takes } from '../docs/describe';
import { HttpProblem, invalidParameter, invalidRequest, notFound } from '../problems/problem';
import { InPages, idOf, textOf } from '../query';

const A_DAY_MS = 24 * 60 * 60 * 1_000;

type Word = { readonly reason: string; readonly expiresInMs?: number };

@Controller('v1/permits')
export class PermitsController {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly permits: PermitReader,
  ) {}

  @Get()
  @Needs('tasks:read')
  @Answers(PermitView, {
    says: 'What people are asked to approve of, newest first.',
    isPage: true,
    query: ['state', 'task'],
  })
  async list(
    @From() { tenantId }: Caller,
    @Query('state') state: string | undefined,
    @Query('task') task: string | undefined,
    @InPages() page: PageRequest,
  ): Promise<Page<PermitView>> {
    const shown = textOf('task', task);
    const taskId = shown === undefined ? undefined : idOf('task', shown);
    return this.permits.page(tenantId, { state: stateOf(textOf('state', state)), taskId }, page);
  }

  @Get(':id')
  @Needs('tasks:read')
  @Answers(PermitView, { says: 'One permit, with what it would release.', path: ['id'] })
  async one(@From() caller: Caller, @Param('id') id: string): Promise<PermitView> {
    return this.found(caller, idOf('permit', id));
  }

  @Post(':id/grant')
  @HttpCode(200)
  @Needs('permits:decide')
  @Takes(GrantPermitRequest)
  @Answers(PermitView, { says: 'Releases exactly this operation, once.', path: ['id'] })
  async grant(@From() caller: Caller, @Param('id') id: string, @JsonBody() body: JsonObject): Promise<PermitView> {
    return this.decide(caller, idOf('permit', id), 'granted', wordOf(GrantPermitRequest, body));
  }

  @Post(':id/deny')
  @HttpCode(200)
  @Needs('permits:decide')
  @Takes(DenyPermitRequest)
  @Answers(PermitView, { says: 'Refuses it: nothing is sent, and the step fails for good.', path: ['id'] })
  async deny(@From() caller: Caller, @Param('id') id: string, @JsonBody() body: JsonObject): Promise<PermitView> {
    return this.decide(caller, idOf('permit', id), 'denied', wordOf(DenyPermitRequest, body));
  }

  private async decide(
    caller: Caller,
    permitId: string,
    verdict: 'granted' | 'denied',
    { reason, expiresInMs = A_DAY_MS }: Word,
  ): Promise<PermitView> {
    const { tenantId, keyId: apiKeyId } = caller;
    const answer = await this.lifecycle.decidePermit({ tenantId, apiKeyId, permitId, verdict, reason, expiresInMs });
    switch (answer.kind) {
      case 'decided':
        return this.found(caller, permitId);
      case 'not-open':
        return this.decidedBefore(caller, permitId, verdict);
      case 'own-request':
        throw ownRequest();
      case 'not-found':
        throw notFound('such permit');
      default:
        return assertNever(answer.kind);
    }
  }

  /** The same word again, whose first answer was perhaps lost, is answered like the first. */
  private async decidedBefore(caller: Caller, permitId: string, verdict: 'granted' | 'denied'): Promise<PermitView> {
    const permit = await this.found(caller, permitId);
    const isGranted = permit.state === 'granted' || permit.state === 'used';
    if (verdict === 'granted' ? isGranted : permit.state === 'denied') return permit;
    const detail = `The permit is ${permit.state}; nobody waits for a decision on it any more.`;
    throw new HttpProblem(409, 'permit_not_open', detail);
  }

  private async found({ tenantId }: Caller, permitId: string): Promise<PermitView> {
    const permit = await this.permits.one(tenantId, permitId);
    if (!permit) throw notFound('such permit');
    return permit;
  }
}

function wordOf(shape: ShapeClass, body: JsonObject): Word {
  const problems = shapeProblems(shape, body);
  if (problems.length > 0) throw invalidRequest(problems);
  return body as unknown as Word;
}

function stateOf(text: string | undefined): PermitViewState | undefined {
  if (text === undefined) return undefined;
  const state = PERMIT_VIEW_STATES.find((known) => known === text);
  if (!state) throw invalidParameter('state', `it must be one of ${PERMIT_VIEW_STATES.join(', ')}.`);
  return state;
}

function ownRequest(): HttpProblem {
  const detail = 'The task was submitted with this very key. Somebody else has to approve of it: use another API key.';
  return new HttpProblem(403, 'own_request', detail);
}
