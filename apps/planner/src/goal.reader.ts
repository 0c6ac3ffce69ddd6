import {
  type CompiledPlan,
  canonicalJson,
  type JsonValue,
  type Progress,
  type StepProgress,
  type StepState,
} from '@muster/domain';
import { Database, loadOutputs, type NamedSql, type StepOutput } from '@muster/persistence';
import { Injectable } from '@nestjs/common';

/** Of one output; what is larger is told by its size. */
const OUTPUT_BYTES_MAX = 32 * 1024;
/** Of all outputs together, in the order of the plan. */
const OUTPUTS_BYTES_MAX = 256 * 1024;

export interface Goal {
  readonly text: string;
  /** What became of the plan before, where there was one. */
  readonly progress?: Progress;
}

interface TaskFacts {
  readonly goal: string;
  readonly plan_revision: number;
  readonly failure: string | null;
}

interface StepFacts {
  readonly plan_index: number;
  readonly state: StepState;
  readonly failure: string | null;
}

const READ_TASK: NamedSql = {
  name: 'planner.task',
  text: 'select goal, plan_revision, failure from task where id = $1',
};

const READ_STEPS: NamedSql = {
  name: 'planner.steps',
  text: `select plan_index, state, failure from step
    where task_id = $1 and plan_index >= 0 and parent_id is null order by plan_index`,
};

/** Reads what a planner has to know of a task: what is recorded of it, and no conversation. */
@Injectable()
export class GoalReader {
  constructor(private readonly database: Database) {}

  async read(taskId: string, plan: CompiledPlan): Promise<Goal> {
    const [task] = await this.database.query<TaskFacts>(READ_TASK, [taskId]);
    const { goal, plan_revision, failure } = task!;
    return plan_revision === 0 ? { text: goal } : { text: goal, progress: await this.progress(taskId, plan, failure) };
  }

  /** Everything of a plan has ended by the time another one is asked for: the same is read however often one looks. */
  private async progress(taskId: string, { body }: CompiledPlan, failure: string | null): Promise<Progress> {
    const gone = new Set(body.retired);
    const rows = (await this.database.query<StepFacts>(READ_STEPS, [taskId])).filter(
      (row) => !gone.has(row.plan_index),
    );
    const done = rows.filter(({ state }) => state === 'succeeded');
    const wanted = done.map(({ plan_index }) => ({ taskId, planIndex: plan_index }));
    const outputs = (await loadOutputs(this.database, wanted)).get(taskId) ?? new Map<number, StepOutput>();
    const shown = new ShownOutputs();
    const stepAt = (index: number) => body.document.steps[index]!;
    return {
      plan: rows.map(({ plan_index }) => stepAt(plan_index)),
      steps: rows.map(({ plan_index, state, failure }) => ({
        id: stepAt(plan_index).id,
        state,
        ...shown.of(outputs.get(plan_index)),
        ...(failure === null ? {} : { failure: reasonOf(failure) }),
      })),
      failure: reasonOf(failure),
    };
  }
}

function reasonOf(failure: string | null): Progress['failure'] {
  const { exitReason = '', message = '' } = JSON.parse(failure ?? '{}') as Partial<Progress['failure']>;
  return { exitReason, message };
}

/** Keeps what a model is shown within bounds. */
class ShownOutputs {
  private left = OUTPUTS_BYTES_MAX;

  of(found: StepOutput | undefined): Pick<StepProgress, 'output' | 'omitted'> {
    if (!found) return {};
    const output: JsonValue = found.outputs ? [...found.outputs] : found.output;
    const bytes = Buffer.byteLength(canonicalJson(output));
    if (bytes > Math.min(OUTPUT_BYTES_MAX, this.left)) return { omitted: bytes };
    this.left -= bytes;
    return { output };
  }
}
