import type { TaskState } from '@muster/domain';
import { Flag, OneOf, Shapes, Text, Whole } from '../shape/fields';
import { TASK_STATES } from './task.view';

/** A line of a task's history that is not in order. */
export class WrongLineView {
  @Whole({ description: 'The event; where a row differs, the last one before the rows were read.' })
  seq: number;
  @Text({ example: 'its hash does not cover what it says' })
  reason: string;
}

/** The answer of `GET /v1/tasks/{id}/verification`: the history, chained and folded anew. */
export class VerificationView {
  @Text({ example: 'tsk_0199…' })
  taskId: string;
  @OneOf(TASK_STATES)
  state: TaskState;
  @Flag({ description: 'Every hash covers what it should, and folding the events gives the rows.' })
  ok: boolean;
  @Whole({ description: 'Events in order, up to the first that is not.' })
  events: number;
  @Whole({ description: 'Steps that the fold was held against.' })
  steps: number;
  @Shapes(() => WrongLineView, { description: 'What is wrong, the first line first; up to 5.' })
  wrong: readonly WrongLineView[];
}
