import type { BatchItemView, BatchView } from '@muster/contracts';
import { isJsonObject, type JsonValue } from '@muster/domain';
import { TaskReader } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../access/caller';
import { DOOR_LIMITS } from '../door.limits';
import { invalidRequest } from '../problems/problem';
import { documentOf, problemOf } from '../problems/problem.document';
import { TaskIntake } from './task.intake';

interface BatchOptions {
  readonly idempotencyKey?: string;
  readonly requestId: string;
}

type Submitted = { readonly taskId: string } | { readonly error: unknown };

/** Many tasks in one request, each accepted or refused on its own. */
@Injectable()
export class TaskBatch {
  constructor(
    private readonly intake: TaskIntake,
    private readonly tasks: TaskReader,
  ) {}

  async submit(caller: Caller, bodies: readonly JsonValue[], options: BatchOptions): Promise<BatchView> {
    const submitted = await inTurns(bodies, DOOR_LIMITS.BATCH_CONCURRENCY, (body, index) =>
      this.submitOne(caller, body, options.idempotencyKey && `${options.idempotencyKey}/${index}`),
    );
    const ids = submitted.flatMap((one) => ('taskId' in one ? [one.taskId] : []));
    const views = await this.tasks.many(caller.tenantId, ids);
    return { items: submitted.map((one) => ('taskId' in one ? accepted(one.taskId) : refused(one.error, options))) };

    function accepted(taskId: string): BatchItemView {
      return { status: 202, task: views.get(taskId) };
    }
  }

  private async submitOne(caller: Caller, body: JsonValue, key: string | undefined): Promise<Submitted> {
    try {
      if (!isJsonObject(body)) throw notAnObject();
      const { taskId } = await this.intake.submit(caller, body, key);
      return { taskId };
    } catch (error) {
      return { error };
    }
  }
}

const notAnObject = () => invalidRequest([{ pointer: '', code: 'type', message: 'A task must be an object.' }]);

function refused(error: unknown, { requestId }: BatchOptions): BatchItemView {
  const problem = problemOf(error);
  return { status: problem.status, problem: documentOf(problem, '/v1/tasks/batch', requestId) };
}

/** Works on so many at a time, and answers in the order of the items. */
async function inTurns<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const queue = items.entries();
  const turns = Array.from({ length: Math.min(width, items.length) }, async () => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  });
  await Promise.all(turns);
  return results;
}
