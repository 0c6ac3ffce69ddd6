import type { JsonObject, JsonValue } from '@muster/domain';
import { Json, JsonMap, OneOf, Text, Whole } from '../shape/fields';

const REASON_LENGTH_MAX = 4_096;

/** The body of `POST /v1/tasks/{id}/cancel`. */
export class CancelTaskRequest {
  @Text({ optional: true, min: 1, max: REASON_LENGTH_MAX, description: 'Kept in the history of the task.' })
  reason?: string;
}

const PERMIT_MS_MAX = 30 * 24 * 60 * 60 * 1_000;

/** The body of `POST /v1/permits/{id}/grant`. */
export class GrantPermitRequest {
  @Text({ min: 1, max: REASON_LENGTH_MAX, description: 'Kept in the history of the task.' })
  reason: string;
  @Whole({
    optional: true,
    min: 1,
    max: PERMIT_MS_MAX,
    description:
      'How long the operation may first be sent; a day by default. A resend of the same bytes needs no new permit.',
  })
  expiresInMs?: number;
}

/** The body of `POST /v1/permits/{id}/deny`: the step fails for good. */
export class DenyPermitRequest {
  @Text({ min: 1, max: REASON_LENGTH_MAX, description: 'Kept in the history of the task, and given to its caller.' })
  reason: string;
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
