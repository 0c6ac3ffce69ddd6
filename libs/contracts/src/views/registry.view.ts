import type { JsonObject, JsonValue } from '@muster/domain';
import { Json, JsonMap, Moment, OneOf, Shapes, Text, Whole } from '../shape/fields';
import { InputProblem } from './problem.view';

export class WorkerView {
  @Text({})
  id: string;
  @Text({ example: 'executor' })
  service: string;
  @Whole({})
  pid: number;
  @Text({})
  host: string;
  @OneOf(['starting', 'ready', 'draining', 'dead'])
  state: string;
  @Moment({})
  startedAt: string;
  @Moment({ optional: true })
  lastJobAt?: string;
}

/** The breaker of one tool as one executor sees it. */
export class BreakerView {
  @Text({})
  tool: string;
  @Text({})
  workerId: string;
  @OneOf(['closed', 'open', 'half-open'])
  state: string;
  @Whole({})
  failures: number;
  @Whole({})
  successes: number;
  @Whole({})
  rejects: number;
  @Moment({ optional: true })
  openedAt?: string;
  @Moment({})
  updatedAt: string;
}

/** A queue of doorbells. What waits to be done stands in Postgres, not here. */
export class QueueView {
  @Text({})
  name: string;
  @JsonMap({
    description: 'Jobs by BullMQ state.',
    schema: { type: 'object', additionalProperties: { type: 'integer' } },
  })
  counts: Record<string, number>;
}

/** The answer of `POST /v1/plans/check`. */
export class PlanCheckView {
  @Shapes(() => InputProblem)
  problems: InputProblem[];
  @Json({ description: 'The effect of each step.' })
  effects: JsonValue;
  @Json({ description: 'What needs a permit.' })
  permits: JsonValue;
  @JsonMap({ description: 'The worst case.' })
  budget: JsonObject;
  @Text({ description: 'A picture of the plan.' })
  mermaid: string;
}

export class SchemasView {
  @JsonMap({ description: 'By the name of the body.' })
  schemas: object;
  @JsonMap({ description: 'The AsyncAPI 3 document of the queue that other systems add jobs to.' })
  asyncapi: object;
}
