import { Database } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { BOUNDS } from './bounds';
import { type TaskLine, type TaskLineRow, toTaskLine } from './task-line';
import { LIST_TASKS, LIST_TASKS_IN_STATE } from './tasks.sql';
import { LAST_UUID } from './uuid-at';

export interface TasksPage {
  readonly items: readonly TaskLine[];
  /** The id after which the next page begins; absent on the last. */
  readonly next?: string;
}

@Injectable()
export class TasksReader {
  constructor(private readonly database: Database) {}

  /** Newest first, from the one after `after`. */
  async list(tenantId: string, state: string | undefined, after: string | undefined): Promise<TasksPage> {
    const page = [tenantId, after ?? LAST_UUID, BOUNDS.TASKS_PAGE + 1];
    const rows =
      state === undefined
        ? await this.database.query<TaskLineRow>(LIST_TASKS, page)
        : await this.database.query<TaskLineRow>(LIST_TASKS_IN_STATE, [...page, state]);
    const items = rows.slice(0, BOUNDS.TASKS_PAGE).map(toTaskLine);
    return { items, next: rows.length > BOUNDS.TASKS_PAGE ? items.at(-1)?.id : undefined };
  }
}
