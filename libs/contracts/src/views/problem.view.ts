import { Flag, Shapes, Text, Whole } from '../shape/fields';

/** One thing wrong with a request. */
export class InputProblem {
  @Text({ description: "RFC 6901, from the request's body.", example: '/plan/steps/0/tool' })
  pointer: string;
  @Text({ example: 'unknown_tool' })
  code: string;
  @Text({})
  message: string;
}

/** RFC 9457: what every error of the HTTP surface looks like. */
export class ProblemDocument {
  @Text({ description: 'Where the code is explained.' })
  type: string;
  @Text({})
  title: string;
  @Whole({})
  status: number;
  @Text({ description: 'What happened, and what to do next.' })
  detail: string;
  @Text({ description: 'The path that was asked for.' })
  instance: string;
  @Text({ example: 'invalid_request' })
  code: string;
  @Text({ description: 'As in the header X-Request-Id and in the logs.' })
  requestId: string;
  @Flag({ description: 'The same request may succeed later.' })
  retryable: boolean;
  @Shapes(() => InputProblem, { optional: true })
  errors?: InputProblem[];
}
