import type { VerificationView } from '@muster/contracts';
import { showId } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { Database, type NamedSql } from '../database';
import { type Ask, type CheckedHistory, checkHistory } from '../history-check';
import { ANY_UUID, type Page, type PageRequest, pageOf, placeOf } from './paging';

/** A page ends early when its tasks have long histories: whoever asks goes on where it ended. */
const PAGE_MS_MAX = 5_000;
const WRONG_SHOWN = 5;

const IDS_OF_TASKS: NamedSql = {
  name: 'read.ids-of-tasks',
  text: `select id from task where tenant_id = $1 and id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by id desc limit $3`,
};

/** Recomputes hash chains and folds histories to the rows, of one task or of all, newest first. */
@Injectable()
export class VerificationReader {
  private readonly ask: Ask = (sql, values) => this.database.query(sql, values);

  constructor(private readonly database: Database) {}

  async task(tenantId: string, taskId: string): Promise<VerificationView | undefined> {
    const checked = await checkHistory(this.ask, taskId, tenantId);
    return checked && viewOf(checked);
  }

  async page(tenantId: string, { limit, cursor }: PageRequest): Promise<Page<VerificationView>> {
    const [before = null] = placeOf(cursor, [ANY_UUID]) ?? [];
    const rows = await this.database.query<{ id: string }>(IDS_OF_TASKS, [tenantId, before, limit + 1]);
    const endAt = performance.now() + PAGE_MS_MAX;
    const checked = new Map<string, CheckedHistory>();
    for (const { id } of rows.slice(0, limit)) {
      if (checked.size > 0 && performance.now() > endAt) break;
      const history = await checkHistory(this.ask, id, tenantId);
      if (history) checked.set(id, history);
    }
    return pageOf(
      rows.slice(0, checked.size + 1),
      checked.size,
      ({ id }) => [id],
      ({ id }) => viewOf(checked.get(id)!),
    );
  }
}

const viewOf = ({ taskId, state, events, steps, wrong }: CheckedHistory): VerificationView => ({
  taskId: showId('task', taskId),
  state,
  ok: wrong.length === 0,
  events,
  steps,
  wrong: wrong.slice(0, WRONG_SHOWN),
});
