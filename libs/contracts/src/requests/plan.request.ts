import { type JsonObject, type JsonValue, LIMITS, type OnFailure } from '@muster/domain';
import { Flag, Json, JsonMap, Shape, Shapes, Text, TextMap, Texts, Whole } from '../shape/fields';

const EXPRESSIONS_MAX = 1_000;
const PARALLEL_MAX = LIMITS.FOR_EACH_ITEMS_MAX;
const STEP_TIMEOUT_MS_MAX = 24 * 60 * 60 * 1000;

export class StepRetryRequest {
  @Whole({ optional: true, min: 1, max: 1_000 })
  maxAttempts?: number;
  @Whole({ optional: true, min: 0 })
  backoffMs?: number;
  @Whole({ optional: true, min: 0 })
  maxBackoffMs?: number;
}

export class FallbackRequest {
  @Text({ description: 'The step that runs when this one fails.' })
  fallback: string;
}

/** A node of the plan. It names one of `tool`, `agent`, `skill` and `approval`. */
export class StepRequest {
  @Text({ description: 'Unique in the plan: a letter or _, then letters, digits, _ and -.', example: 'open' })
  id: string;
  @Text({ optional: true, description: 'A registered tool.', example: 'tickets.create' })
  tool?: string;
  @Text({ optional: true, description: 'A registered agent; `input` is what it is given.', example: 'researcher' })
  agent?: string;
  @Text({ optional: true, description: 'A registered skill, `name` or `name@version`; its steps take its place.' })
  skill?: string;
  @Text({ optional: true, description: 'What a person is asked; the step succeeds when the answer is yes.' })
  approval?: string;
  @Flag({ optional: true, description: "Nothing is sent without a person's permit for exactly this call." })
  permit?: boolean;
  @Json({ optional: true, description: 'Not in this release.' })
  wait?: JsonValue;
  @Json({ optional: true, description: 'Not in this release.' })
  compensate?: JsonValue;
  @Texts({
    optional: true,
    itemsMax: LIMITS.PLAN_STEPS_MAX,
    description: 'Steps that must meet their end before; those named in expressions are added.',
  })
  needs?: string[];
  @Text({ optional: true, description: 'CEL; where it is false the step is skipped.' })
  when?: string;
  @Text({ optional: true, description: 'An expression that gives a list; the tool or agent is called for each item.' })
  forEach?: string;
  @Text({ optional: true, description: 'What expressions call the item; `item` by default.' })
  as?: string;
  @Whole({ optional: true, min: 1, max: PARALLEL_MAX, description: 'Items in flight at the same time.' })
  maxParallel?: number;
  @JsonMap({ optional: true, description: 'The input of the tool or agent; texts may hold `${{ CEL }}`.' })
  input?: JsonObject;
  @Text({ optional: true, description: "CEL over `output`: the verifier's word." })
  check?: string;
  @Shape(() => FallbackRequest, { optional: true, words: ['fail', 'continue'] })
  onFailure?: OnFailure;
  @Whole({ optional: true, min: 1, max: STEP_TIMEOUT_MS_MAX, description: 'For one sending.' })
  timeoutMs?: number;
  @Shape(() => StepRetryRequest, { optional: true })
  retry?: StepRetryRequest;
  @Whole({ optional: true, min: 0, max: 9 })
  priority?: number;
}

export class PlanRequest {
  @JsonMap({ optional: true, description: 'The declared types of `input`.' })
  input?: JsonObject;
  @Shapes(() => StepRequest, { itemsMin: 1, itemsMax: LIMITS.PLAN_STEPS_MAX })
  steps: StepRequest[];
  @Texts({ optional: true, itemsMax: EXPRESSIONS_MAX, description: 'CEL that must hold for the task to be complete.' })
  completion?: string[];
  @Json({ optional: true, description: "A template for the task's output." })
  output?: JsonValue;
}

/** The body of `POST /v1/tasks/{id}/plan`: a plan in the place of the one that the task goes by. */
export class RevisePlanRequest {
  @Shape(() => PlanRequest, { description: 'What has begun goes on, named here or not; what is new has new ids.' })
  plan: PlanRequest;
  @Whole({ min: 1, description: 'The revision that this plan was made from; another one in between refuses it.' })
  replaces: number;
  @TextMap({
    optional: true,
    entriesMax: LIMITS.PLAN_STEPS_MAX,
    description: 'Steps that the plan rests on, each in the state in which it was seen; one that has moved refuses it.',
  })
  cites?: Record<string, string>;
}
