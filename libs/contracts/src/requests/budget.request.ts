import { Quantity, Whole } from '../shape/fields';

/** The most that a task may use; what is not named is not bounded by the task. */
export class BudgetRequest {
  @Whole({ optional: true, min: 1, description: 'Steps, the items of a forEach among them.' })
  steps?: number;
  @Whole({ optional: true, min: 0, description: 'Sendings of tool calls.' })
  toolCalls?: number;
  @Whole({ optional: true, min: 0 })
  modelCalls?: number;
  @Whole({ optional: true, min: 0 })
  tokens?: number;
  @Quantity({ optional: true, min: 0 })
  costUsd?: number;
  @Whole({ optional: true, min: 0, description: 'New plans after the first.' })
  revisions?: number;
  @Whole({ optional: true, min: 0, description: 'How deep agents may start agents.' })
  depth?: number;
  @Whole({ optional: true, min: 1, description: 'Items of one forEach.' })
  fanOut?: number;
  @Whole({ optional: true, min: 1, description: 'Milliseconds from acceptance to the end.' })
  wallMs?: number;
}
