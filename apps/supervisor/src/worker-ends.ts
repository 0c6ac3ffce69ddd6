import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, END_OF_WORKERS, OPEN_WORKERS } from '@muster/persistence';
import { isRunning } from './process-end';

/** Longer than Postgres needs for a restart; after that the lease has to do. */
const TRIES_MAX = 20;
const PAUSE_MS = 250;

/** Tells the database that these processes are at an end: their calls are closed, others may take over at once. */
export async function reportWorkerEnds(database: Database, workers: readonly string[]): Promise<void> {
  if (workers.length === 0) return;
  for (let tries = 1; ; tries++) {
    try {
      await database.query(END_OF_WORKERS, [workers]);
      return;
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
      await delay(PAUSE_MS);
    }
  }
}

/**
 * After the death of a supervisor its children died unreported. Only for a database of our own: every worker in it was a
 * process of this machine, so that a pid that runs no more says all.
 */
export async function reportLeftoverWorkers(database: Database): Promise<void> {
  const open = await database.query<{ id: string; pid: number }>(OPEN_WORKERS, [hostname()]);
  await reportWorkerEnds(
    database,
    open.filter(({ pid }) => !isRunning(pid)).map(({ id }) => id),
  );
}
