import type { NamedSql } from '@muster/persistence';

const COLUMNS = 'id, state, goal, labels, conditions, created_at, finished_at, steps_total, open_steps';

// Two statements, not one with "or $2 is null": a prepared statement plans once, and each needs its own index.
export const LIST_TASKS: NamedSql = {
  name: 'console.list-tasks',
  text: `select ${COLUMNS} from task where tenant_id = $1 and id < $2::uuid order by id desc limit $3`,
};

export const LIST_TASKS_IN_STATE: NamedSql = {
  name: 'console.list-tasks-in-state',
  text: `select ${COLUMNS} from task where tenant_id = $1 and state = $4 and id < $2::uuid order by id desc limit $3`,
};
