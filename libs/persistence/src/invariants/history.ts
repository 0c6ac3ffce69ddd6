import { type EventRow, findBreak, foldEvents } from '@muster/domain';
import type { Breach, SqlRunner } from './invariant';

const PROMISE = 'The events of a task are chained, and folding them gives its rows.';

interface TaskHistory {
  readonly id: string;
  readonly state: string;
  readonly fence: number;
  readonly steps: Readonly<Record<string, readonly [state: string, epoch: number]>>;
  readonly events: readonly EventRow[];
}

// One task a query: a history may be long, and the check needs all of it at once. One statement, so that the rows and
// their events are of the same moment.
const TASK_HISTORY = `
  select t.id, t.state, t.fence,
         (select coalesce(json_object_agg(s.key, json_build_array(s.state, s.epoch)), '{}') from step s where s.task_id = t.id) as steps,
         (select coalesce(json_agg(json_build_object('seq', e.seq, 'type', e.type, 'data', e.data, 'hash', encode(e.hash, 'hex'),
                   'at', (extract(epoch from e.at) * 1000)::bigint) order by e.seq), '[]') from event e where e.task_id = t.id) as events
    from task t where t.id = $1`;

/** Recomputes the chain and the fold of the newest tasks, by the domain's own functions. */
export async function historyBreaches(database: SqlRunner, tasksMax: number): Promise<Breach[]> {
  const { rows: tasks } = await database.query('select id from task order by id desc limit $1', [tasksMax]);
  const broken: Record<string, unknown>[] = [];
  for (const { id } of tasks) {
    const { rows } = await database.query(TASK_HISTORY, [id]);
    const wrong = rows.flatMap((row) => contradictions(row as unknown as TaskHistory));
    if (wrong.length > 0) broken.push({ id, wrong });
  }
  return broken.length > 0 ? [{ invariant: 'history-folds-to-the-rows', promise: PROMISE, rows: broken }] : [];
}

function contradictions({ events, ...row }: TaskHistory): string[] {
  const gap = findBreak(events);
  if (gap) return [`event ${gap.seq}: ${gap.reason}`];
  const told = foldEvents(events);
  const wrong: string[] = [];
  if (told.state !== row.state) wrong.push(`the task is ${row.state}, its history says ${told.state}`);
  if (told.fence !== row.fence) wrong.push(`the fence is ${row.fence}, the history says ${told.fence}`);
  for (const [key, [state, epoch]] of Object.entries(row.steps)) {
    const step = told.steps.get(key);
    if (step?.state !== state || step.epoch !== epoch) {
      wrong.push(
        `step ${key} is ${state} at epoch ${epoch}, the history says ${step ? `${step.state} at epoch ${step.epoch}` : 'nothing'}`,
      );
    }
  }
  return wrong;
}
