import type { JsonObject, JsonValue } from '@muster/domain';
import { LIMITS, STRATEGIES, type Strategy } from '@muster/domain';
import { Json, Moment, OneOf, Shape, Text, TextMap, Texts, Whole } from '../shape/fields';
import { BudgetRequest } from './budget.request';
import { PlanRequest } from './plan.request';

export const AUTONOMIES = ['workflow', 'supervised', 'agent'] as const;
const LABELS_MAX = 64;
const EXPRESSIONS_MAX = 1_000;
const GRANTS_MAX = 10_000;

/** The body of `POST /v1/tasks`: exactly one of `goal`, `plan` and `skill`. */
export class TaskRequest {
  @Text({ optional: true, min: 1, description: 'What is wanted, in words; a planner turns it into a plan.' })
  goal?: string;

  @Shape(() => PlanRequest, { optional: true, description: 'The steps themselves.' })
  plan?: PlanRequest;

  @Text({
    optional: true,
    min: 1,
    max: 2 * LIMITS.NAME_LENGTH_MAX,
    description: 'A registered skill, `name` or `name@version`; `input` holds its parameters.',
  })
  skill?: string;

  @OneOf(STRATEGIES, {
    optional: true,
    description:
      'How the plan of a goal divides the work; by default as its planner sees fit. `single`: one agent, no plan.',
  })
  strategy?: Strategy;

  @Json({ optional: true, description: 'What expressions see as `input`.' })
  input?: JsonValue;

  @Texts({
    optional: true,
    itemsMax: EXPRESSIONS_MAX,
    description: 'CEL that must hold for the task to be complete, beside the criteria of the plan.',
  })
  completion?: string[];

  @Texts({ optional: true, itemsMax: EXPRESSIONS_MAX, description: 'CEL that must hold throughout.' })
  invariants?: string[];

  @Texts({
    optional: true,
    itemsMax: GRANTS_MAX,
    description: 'Tool names or `prefix.*`; by default the tools that the plan names.',
  })
  grants?: string[];

  @Shape(() => BudgetRequest, { optional: true, description: 'The most that the task may use.' })
  budget?: JsonObject;

  @Moment({ optional: true, description: 'When the task is withdrawn if it has not ended.' })
  deadlineAt?: string;

  @Whole({ optional: true, min: 0, max: 9, description: 'Higher goes first; 5 by default.' })
  priority?: number;

  @TextMap({ optional: true, entriesMax: LABELS_MAX, description: 'Names and values to find the task by.' })
  labels?: Record<string, string>;

  @OneOf(AUTONOMIES, {
    optional: true,
    description: 'Whether the plan is fixed, needs a permit, or runs when it passes the rules.',
  })
  autonomy?: (typeof AUTONOMIES)[number];

  @Text({ optional: true, max: 2_048, pattern: /^https?:\/\//, description: 'Called when the task has ended.' })
  webhookUrl?: string;
}
