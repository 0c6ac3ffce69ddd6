import { IntakeMessage, TASK_SUBMIT } from './intake.message';
import { QUEUES } from './queues';
import { jsonSchemasOf } from './shape/json-schemas';

const MESSAGE = 'TaskSubmit';

/** The AsyncAPI 3 document of the queue door. `prefix` is that of the queues' keys in Redis. */
export const intakeAsyncApi = (version: string, prefix: string): object => ({
  asyncapi: '3.0.0',
  info: { title: 'Muster intake', version, description: DESCRIPTION },
  defaultContentType: 'application/json',
  channels: {
    intake: {
      address: QUEUES.intake,
      title: 'The queue that other systems add jobs to',
      description: 'A BullMQ queue. Give its prefix to BullMQ as it stands in x-bullmq-prefix.',
      'x-bullmq-prefix': prefix,
      messages: { [MESSAGE]: { $ref: `#/components/messages/${MESSAGE}` } },
    },
  },
  operations: {
    submitTask: {
      action: 'receive',
      channel: { $ref: '#/channels/intake' },
      messages: [{ $ref: `#/channels/intake/messages/${MESSAGE}` }],
    },
  },
  components: {
    messages: {
      [MESSAGE]: {
        name: TASK_SUBMIT,
        title: 'Submits a task',
        summary: `A job named '${TASK_SUBMIT}', whose data is this payload.`,
        payload: { $ref: `#/components/schemas/${IntakeMessage.name}` },
      },
    },
    schemas: jsonSchemasOf([IntakeMessage], (name) => `#/components/schemas/${name}`),
  },
});

const DESCRIPTION =
  'Tasks by way of a queue: the rules are those of POST /v1/tasks. A message that breaks one is kept as a refusal ' +
  'with its problem (GET /v1/intake/refusals) and can be redriven.';
