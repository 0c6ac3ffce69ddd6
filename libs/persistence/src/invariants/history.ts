import { checkHistory } from '../history-check';
import type { Breach, SqlRunner } from './invariant';

/** What no query can say: it takes a hash function and a fold. */
export const HISTORY_CHECK = {
  name: 'history-folds-to-the-rows',
  promise: 'The events of a task are chained, and folding them gives its rows.',
} as const;

/** Recomputes the chain and the fold of the newest tasks, by the domain's own functions. */
export async function historyBreaches(database: SqlRunner, tasksMax: number): Promise<Breach[]> {
  const ask = async (sql: { text: string }, values: readonly unknown[]) =>
    (await database.query(sql.text, [...values])).rows;
  const { rows: tasks } = await database.query('select id from task order by id desc limit $1', [tasksMax]);
  const broken: Record<string, unknown>[] = [];
  for (const { id } of tasks) {
    const wrong = (await checkHistory(ask, String(id)))?.wrong ?? [];
    if (wrong.length > 0) broken.push({ id, wrong: wrong.map(({ seq, reason }) => `event ${seq}: ${reason}`) });
  }
  const { name, promise } = HISTORY_CHECK;
  return broken.length > 0 ? [{ invariant: name, promise, rows: broken }] : [];
}
