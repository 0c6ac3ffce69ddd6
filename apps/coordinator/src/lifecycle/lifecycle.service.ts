import { Clock } from '@muster/chassis';
import { newUuid, sha256Hex } from '@muster/domain';
import { Database, type NamedSql } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { accept } from './accept';
import type { Revision, RevisionReply, Word } from './decision';
import { DecisionLoop } from './decision-loop';
import {
  type CancelAnswer,
  type CancelRequest,
  Lifecycle,
  type News,
  type PermitAnswer,
  type PermitRequest,
  type ResolveAnswer,
  type ResolveRequest,
  type Submission,
  type SubmitAnswer,
} from './lifecycle.port';
import { TaskStore } from './task.store';
import { TaskNews } from './task-news';

const FIND_TASK: NamedSql = {
  name: 'lifecycle.find-task',
  text: 'select id from task where id = $1 and tenant_id = $2',
};
const FIND_OPERATION: NamedSql = {
  name: 'lifecycle.find-operation',
  text: 'select task_id, step_id, state from operation where id = $1 and tenant_id = $2',
};

const FIND_PERMIT: NamedSql = {
  name: 'lifecycle.find-permit',
  text: `select p.task_id, p.step_id, t.api_key_id is not distinct from $3::uuid as own
    from permit p join task t on t.id = p.task_id where p.id = $1 and p.tenant_id = $2`,
};

/** What the doors may ask: each request becomes an input of the decision loop, and is answered after its commit. */
@Injectable()
export class LifecycleService extends Lifecycle {
  constructor(
    private readonly database: Database,
    private readonly store: TaskStore,
    private readonly loop: DecisionLoop,
    private readonly taskNews: TaskNews,
    private readonly clock: Clock,
  ) {
    super();
  }

  async submit(submission: Submission): Promise<SubmitAnswer> {
    const acceptance = accept(submission, this.clock.now().getTime(), this.loop.room(submission.tenantId));
    const answer = await this.store.submit(acceptance);
    if (answer.kind === 'accepted') this.loop.begin(acceptance);
    return answer;
  }

  async cancel({ tenantId, taskId, reason, expectedRevision }: CancelRequest): Promise<CancelAnswer> {
    const rows = await this.database.query(FIND_TASK, [taskId, tenantId]);
    if (rows.length === 0) return { kind: 'not-found' };
    const reply = await this.loop.ask(taskId, { kind: 'cancel', reason, expectedRevision });
    return { kind: CANCEL_ANSWERS[reply as Word] };
  }

  async resolve(request: ResolveRequest): Promise<ResolveAnswer> {
    const [found] = await this.database.query<{ task_id: string; step_id: string; state: string }>(FIND_OPERATION, [
      request.operationId,
      request.tenantId,
    ]);
    if (!found) return { kind: 'not-found' };
    const reply = await this.loop.ask(found.task_id, {
      kind: 'resolve',
      resolution: resolutionOf(request, found.step_id),
    });
    return { kind: reply === 'done' ? 'resolved' : 'not-open', taskId: found.task_id, state: found.state };
  }

  async decidePermit(request: PermitRequest): Promise<PermitAnswer> {
    const { permitId, tenantId, apiKeyId: by, verdict, reason, expiresInMs } = request;
    const [found] = await this.database.query<{ task_id: string; step_id: string; own: boolean }>(FIND_PERMIT, [
      permitId,
      tenantId,
      by,
    ]);
    if (!found) return { kind: 'not-found' };
    if (found.own && verdict === 'granted') return { kind: 'own-request' };
    const word = { permitId, stepId: found.step_id, verdict, reason, by, expiresInMs };
    const reply = await this.loop.ask(found.task_id, { kind: 'permit', word });
    return { kind: reply === 'done' ? 'decided' : 'not-open' };
  }

  async revise(taskId: string, revision: Revision): Promise<RevisionReply | undefined> {
    const reply = await this.loop.ask(taskId, { kind: 'revise', revision });
    return typeof reply === 'string' ? undefined : reply;
  }

  news(taskId: string, ms: number, signal?: AbortSignal): Promise<News> {
    return this.taskNews.next(taskId, ms, signal);
  }
}

const CANCEL_ANSWERS: Readonly<Record<Word, CancelAnswer['kind']>> = {
  done: 'cancelling',
  'already-ended': 'already-ended',
  'stale-revision': 'stale-revision',
  'not-open': 'already-ended',
};

function resolutionOf(request: ResolveRequest, stepId: string) {
  const output = Buffer.from(JSON.stringify(request.output ?? null));
  return {
    operationId: request.operationId,
    stepId,
    outcome: request.outcome,
    output,
    outputHash: sha256Hex(output),
    evidence: JSON.stringify({ reason: request.reason, evidence: request.evidence, by: request.apiKeyId ?? null }),
    reason: request.reason,
    evidenceId: newUuid(),
  };
}
