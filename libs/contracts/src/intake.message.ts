import { LIMITS } from '@muster/domain';
import { TaskRequest } from './requests/task.request';
import { Moment, Shape, Text } from './shape/fields';

/** The name of a job on the intake queue that submits a task. */
export const TASK_SUBMIT = 'task.submit.v1';

/** A job of another system, added to the intake queue under the name `task.submit.v1`. */
export class IntakeMessage {
  @Text({ min: 1, max: LIMITS.REFERENCE_LENGTH_MAX, description: "The message's name in the sender's own books." })
  id: string;

  @Text({ min: 1, max: LIMITS.REFERENCE_LENGTH_MAX, description: 'Which system sends it.', example: 'shop/checkout' })
  source: string;

  @Moment({ description: 'When it was signed. A message is believed for a day.' })
  time: string;

  @Text({
    min: 1,
    max: LIMITS.REFERENCE_LENGTH_MAX,
    pattern: /^[^\u0000-\u001f\u007f]+$/,
    description: 'As the header of POST /v1/tasks: the same key and body never make a second task.',
  })
  idempotencyKey: string;

  @Shape(() => TaskRequest, { description: 'The body of POST /v1/tasks.' })
  data: TaskRequest;

  @Text({
    pattern: /^ink_[0-9a-f]{32}$/,
    description: 'The key that signed it. Its tenant is whose task this becomes.',
  })
  keyId: string;

  @Text({
    pattern: /^[0-9a-f]{64}$/,
    description:
      'HMAC-SHA256, lower-case hex. Key: the UTF-8 bytes of the secret; text: the RFC 8785 form of this message without `signature`.',
  })
  signature: string;
}
