import type { JsonObject, JsonValue } from '@muster/domain';
import { Json, JsonMap, OneOf, Text } from '../shape/fields';

const REASON_LENGTH_MAX = 4_096;

/** The body of `POST /v1/tasks/{id}/cancel`. */
export class CancelTaskRequest {
  @Text({ optional: true, min: 1, max: REASON_LENGTH_MAX, description: 'Kept in the history of the task.' })
  reason?: string;
}

/** The body of `POST /v1/operations/{id}/resolve`: a person's word on an operation whose fate nobody knows. */
export class ResolveOperationRequest {
  @OneOf(['happened', 'absent'])
  outcome: 'happened' | 'absent';
  @Json({ optional: true, description: "With `happened`: the tool's output." })
  output?: JsonValue;
  @JsonMap({ description: 'What was seen, and where.' })
  evidence: JsonObject;
  @Text({ min: 1, max: REASON_LENGTH_MAX })
  reason: string;
}
