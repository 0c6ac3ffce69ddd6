import { PLANNING_INDEX } from '@muster/domain';
import { Database } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { BOUNDS } from './bounds';
import {
  FIND_EVIDENCE,
  FIND_OPERATIONS,
  FIND_SENDINGS,
  FIND_TASK,
  FIND_TASK_OF_OPERATION,
  FIND_TASK_OF_STEP,
  FIND_VERDICTS,
  LIST_EVENTS,
  LIST_STEPS,
  LIST_STEPS_IN_STATE,
} from './task.sql';
import type {
  EventRow,
  EvidenceRow,
  OperationRow,
  SendingRow,
  StepRow,
  TaskRow,
  TaskView,
  VerdictRow,
} from './task.view';

/** Which part of a task a page shows. */
export interface TaskQuery {
  readonly state?: string;
  /** The step after which the page begins. */
  readonly after?: { readonly planIndex: number; readonly place: string };
  /** Events before this number. */
  readonly eventsBefore?: number;
}

/** The step that makes a plan stands before the plan's own. */
const BEFORE_ALL = PLANNING_INDEX - 1;

@Injectable()
export class TaskReader {
  constructor(private readonly database: Database) {}

  async read(tenantId: string, taskId: string, query: TaskQuery): Promise<TaskView | undefined> {
    const [task] = await this.database.query<TaskRow>(FIND_TASK, [tenantId, taskId]);
    if (!task) return undefined;
    const [found, events] = await Promise.all([
      this.steps(taskId, query),
      this.database.query<EventRow>(LIST_EVENTS, [taskId, query.eventsBefore ?? 2 ** 31 - 1, BOUNDS.EVENTS_PAGE]),
    ]);
    const steps = found.slice(0, BOUNDS.STEPS_PAGE);
    const history = await this.history(
      taskId,
      steps.map((step) => step.id),
    );
    const next = found.length > BOUNDS.STEPS_PAGE ? steps.at(-1) : undefined;
    return {
      task,
      steps,
      events,
      ...history,
      counts: new Map(Object.entries(JSON.parse(task.step_counts) as Record<string, number>)),
      next: next && { planIndex: next.plan_index, place: next.place },
    };
  }

  /** The task (and the step) that an id in a queue's job belongs to. */
  async findHome(
    tenantId: string,
    kind: 'step' | 'operation',
    id: string,
  ): Promise<{ taskId: string; stepId: string } | undefined> {
    const statement = kind === 'step' ? FIND_TASK_OF_STEP : FIND_TASK_OF_OPERATION;
    const [row] = await this.database.query<{ task_id: string; step_id: string }>(statement, [tenantId, id]);
    return row && { taskId: row.task_id, stepId: row.step_id };
  }

  private steps(taskId: string, query: TaskQuery): Promise<StepRow[]> {
    const page = [taskId, query.after?.planIndex ?? BEFORE_ALL, query.after?.place ?? '', BOUNDS.STEPS_PAGE + 1];
    return query.state === undefined
      ? this.database.query<StepRow>(LIST_STEPS, page)
      : this.database.query<StepRow>(LIST_STEPS_IN_STATE, [...page, query.state]);
  }

  private async history(
    taskId: string,
    stepIds: readonly string[],
  ): Promise<Pick<TaskView, 'operations' | 'sendings' | 'evidence' | 'verdicts'>> {
    const operations = await this.database.query<OperationRow>(FIND_OPERATIONS, [stepIds, BOUNDS.BODY_BYTES_MAX]);
    const ids = operations.map((operation) => operation.id);
    const [sendings, evidence, verdicts] = await Promise.all([
      this.database.query<SendingRow>(FIND_SENDINGS, [ids]),
      this.database.query<EvidenceRow>(FIND_EVIDENCE, [taskId, ids, BOUNDS.BODY_BYTES_MAX, BOUNDS.EVIDENCE_MAX]),
      this.database.query<VerdictRow>(FIND_VERDICTS, [taskId, stepIds, BOUNDS.EVIDENCE_MAX]),
    ]);
    return { operations, sendings, evidence, verdicts };
  }
}
