import type { JsonValue } from '@muster/domain';
import { Json, Moment, Shape, Text, Whole } from './shape/fields';
import { ProblemDocument } from './views/problem.view';

const LABEL_LENGTH_MAX = 128;

/** The body of `POST /v1/intake/keys`. */
export class IntakeKeyRequest {
  @Text({
    min: 1,
    max: LABEL_LENGTH_MAX,
    pattern: /^[^\u0000-\u001f\u007f]+$/,
    description: 'Whose key it is, for people.',
    example: 'shop checkout',
  })
  label: string;
}

export class IntakeKeyView {
  @Text({ example: 'ink_01234567890123456789012345678901', description: 'Goes into each message as keyId.' })
  id: string;
  @Text({})
  label: string;
  @Moment({})
  createdAt: string;
  @Moment({ optional: true, description: 'Messages signed with it were refused from here on.' })
  revokedAt?: string;
}

/** The answer to the making of a key, and the only one with its secret. */
export class IssuedIntakeKeyView extends IntakeKeyView {
  @Text({ description: 'Shown this once. Its UTF-8 bytes are the key of the HMAC.' })
  secret: string;
}

/** A job that was refused. */
export class IntakeRefusalView {
  @Text({ example: 'ref_01234567890123456789012345678901' })
  id: string;
  @Text({ description: "The job's id in the queue." })
  jobId: string;
  @Text({ example: 'task.submit.v1' })
  jobName: string;
  @Text({ optional: true, description: 'The key that signed the message.' })
  keyId?: string;
  @Moment({ description: 'When it was first refused.' })
  receivedAt: string;
  @Whole({ description: 'How often the very same message was refused.' })
  times: number;
  @Shape(() => ProblemDocument, { description: 'What POST /v1/tasks would have answered, or what is wrong around it.' })
  problem: ProblemDocument;
  @Moment({ optional: true })
  redrivenAt?: string;
  @Text({ optional: true, description: 'The task that a redrive made of it.' })
  taskId?: string;
}

/** A refused job with the message itself. */
export class IntakeLetterView extends IntakeRefusalView {
  @Json({ description: 'As it came.' })
  message: JsonValue;
}
