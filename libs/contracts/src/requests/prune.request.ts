import { isTerminal, LIMITS, statesOf, TASK, type TaskState } from '@muster/domain';
import { Flag, Text, Texts, Whole } from '../shape/fields';

/** States of tasks that may be removed. */
export const PRUNABLE_STATES = statesOf(TASK).filter((state) => isTerminal(TASK, state));

/** The body of `POST /v1/prune`. */
export class PruneRequest {
  @Whole({
    min: LIMITS.RETENTION_MS_MIN,
    max: LIMITS.RETENTION_MS_MAX,
    description: 'Tasks that ended longer ago than this, by the clock of the database.',
    example: 30 * LIMITS.RETENTION_MS_MIN,
  })
  olderThanMs: number;
  @Texts({
    optional: true,
    itemsMax: PRUNABLE_STATES.length,
    pattern: new RegExp(`^(${PRUNABLE_STATES.join('|')})$`),
    description: 'Only tasks that ended so; by default any end.',
  })
  states?: TaskState[];
  @Flag({ optional: true, description: 'Remove nothing and say what would be removed.' })
  dryRun?: boolean;
  @Text({ optional: true, description: "The answer before's nextCursor." })
  cursor?: string;
}
