import { LIMITS } from '@muster/domain';
import { Shapes } from '../shape/fields';
import { TaskRequest } from './task.request';

/** The body of `POST /v1/tasks/batch`. Each task is accepted or refused on its own. */
export class BatchRequest {
  @Shapes(() => TaskRequest, { itemsMin: 1, itemsMax: LIMITS.BATCH_TASKS_MAX })
  tasks: TaskRequest[];
}
