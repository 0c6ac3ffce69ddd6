import type { JsonValue, OperationState, StepKind, StepState, TaskState } from '@muster/domain';
import { OPERATION, STEP, STEP_KINDS, statesOf, TASK } from '@muster/domain';
import { Flag, Json, JsonMap, Moment, OneOf, Shape, Shapes, Text, Texts, Whole } from '../shape/fields';
import { ProblemDocument } from './problem.view';

export const TASK_STATES = statesOf(TASK);
export const OPERATION_STATES = statesOf(OPERATION);
/** `executing` is `dispatched` with an operation sent. */
export const STEP_STATES = [...statesOf(STEP), 'executing'] as const;
const COUNTS = { type: 'object', additionalProperties: { type: 'integer' } };

/** Something that is so beside the state. */
export class ConditionView {
  @Text({ example: 'NeedsAttention' })
  type: string;
  @Flag()
  status: boolean;
  @Text({ optional: true })
  reason?: string;
  @Text({ optional: true })
  message?: string;
  @Moment({ optional: true })
  since?: string;
}

export class FailureTraceView {
  @Text({})
  operationId: string;
  @Text({})
  tool: string;
  @Whole({})
  attempt: number;
  @Text({})
  state: string;
  @Moment({})
  startedAt: string;
  @Whole({ optional: true })
  durationMs?: number;
  @Text({ optional: true })
  code?: string;
}

export class FailureView {
  @Text({})
  status: string;
  @Text({})
  exitReason: string;
  @Text({})
  retryClass: string;
  @Text({})
  message: string;
  @Text({ optional: true })
  stepId?: string;
  @Text({ optional: true })
  operationId?: string;
  @JsonMap({ description: 'Attempts by retry class.', schema: COUNTS })
  attempts: Record<string, number>;
  @Shapes(() => FailureTraceView)
  trace: FailureTraceView[];
}

export class StandingEffectView {
  @Text({})
  operationId: string;
  @Text({})
  tool: string;
  @OneOf(OPERATION_STATES)
  state: OperationState;
}

export class BudgetView {
  @JsonMap({ schema: { type: 'object', additionalProperties: { type: 'number' } } })
  limit: Record<string, number>;
  @JsonMap({ schema: { type: 'object', additionalProperties: { type: 'number' } } })
  used: Record<string, number>;
}

export class TaskView {
  @Text({ example: 'tsk_0199f2a0c4e87a3d9b1f6c2e5d8a7b40' })
  id: string;
  @OneOf(TASK_STATES)
  state: TaskState;
  @Whole({ description: 'Rises with every change; the ETag.' })
  revision: number;
  @Text({ optional: true })
  goal?: string;
  @Text({ optional: true })
  skill?: string;
  @Json({})
  input: JsonValue;
  @Json({ optional: true })
  output?: JsonValue;
  @Shape(() => FailureView, { optional: true })
  failure?: FailureView;
  @Shapes(() => ConditionView)
  conditions: ConditionView[];
  @JsonMap({ description: 'Steps by state.', schema: COUNTS })
  counts: Record<string, number>;
  @Shape(() => BudgetView)
  budget: BudgetView;
  @Whole({})
  planRevision: number;
  @JsonMap({ schema: { type: 'object', additionalProperties: { type: 'string' } } })
  labels: Record<string, string>;
  @Whole({})
  priority: number;
  @Shapes(() => StandingEffectView, {
    optional: true,
    description: 'What was done and still stands, of a task that did not complete.',
  })
  standingEffects?: StandingEffectView[];
  @Moment({ optional: true })
  deadlineAt?: string;
  @Moment({})
  createdAt: string;
  @Moment({ optional: true })
  finishedAt?: string;
  @JsonMap({ schema: { type: 'object', additionalProperties: { type: 'string' } } })
  links: Record<string, string>;
}

export class StepView {
  @Text({})
  id: string;
  @Text({
    description:
      'Its id in the plan; `tell[3]` for the fourth item of a forEach, `work/2` for the second call of an agent.',
  })
  key: string;
  @OneOf(STEP_KINDS, { description: 'What it calls; of an agent every call is a step as well.' })
  kind: StepKind;
  @OneOf(STEP_STATES)
  state: StepState | 'executing';
  @Text({ optional: true })
  tool?: string;
  @Text({ optional: true })
  agent?: string;
  @Json({ optional: true, description: 'Of a call of an agent: what its model asked for, and why it was not made.' })
  call?: JsonValue;
  @JsonMap({ optional: true, description: 'Of an agent and its calls.', schema: COUNTS })
  used?: Record<string, number>;
  @Texts({ description: 'Keys of the steps it waits for.' })
  needs: string[];
  @JsonMap({ description: 'Attempts by retry class.', schema: COUNTS })
  attempts: Record<string, number>;
  @Text({ optional: true })
  operationId?: string;
  @Json({ optional: true })
  output?: JsonValue;
  @Shape(() => FailureView, { optional: true })
  failure?: FailureView;
  @Shapes(() => ConditionView)
  conditions: ConditionView[];
  @Moment({ optional: true })
  startedAt?: string;
  @Moment({ optional: true })
  finishedAt?: string;
}

/** One answer of a batch. */
export class BatchItemView {
  @Whole({ description: 'As `POST /v1/tasks` would have answered.' })
  status: number;
  @Shape(() => TaskView, { optional: true })
  task?: TaskView;
  @Shape(() => ProblemDocument, { optional: true })
  problem?: ProblemDocument;
}

export class BatchView {
  @Shapes(() => BatchItemView)
  items: BatchItemView[];
}
