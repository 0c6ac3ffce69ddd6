import type { PermitView, PermitViewState } from '@muster/contracts';
import { showId } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { Database, type NamedSql } from '../database';
import { ANY_UUID, type Page, type PageRequest, pageOf, placeOf } from './paging';
import { iso, parsedBytes } from './stored-json';

// Whether a granted one was used stands in the operation that it released; whether it is too late, in its time.
const PERMIT_FIELDS = `p.id, p.task_id, p.step_key, p.operation_id, p.tool, p.request, p.request_hash, p.requested_at, p.decided_at,
  p.decided_by, p.reason, p.expires_at,
  case when p.state <> 'granted' then p.state
    when exists (select from operation o where o.permit_id = p.id) then 'used'
    when p.expires_at <= now() then 'expired' else 'granted' end as state`;

const PERMIT_PAGE: NamedSql = {
  name: 'read.permit-page',
  text: `select * from (select ${PERMIT_FIELDS} from permit p
  where p.tenant_id = $1 and ($2::uuid is null or p.task_id = $2) and ($4::uuid is null or p.id < $4)) permits
where $3::text is null or state = $3
order by id desc limit $5`,
};

const PERMIT_BY_ID: NamedSql = {
  name: 'read.permit-by-id',
  text: `select ${PERMIT_FIELDS} from permit p where p.tenant_id = $1 and p.id = $2`,
};

interface PermitColumns {
  readonly id: string;
  readonly task_id: string;
  readonly step_key: string;
  readonly operation_id: string;
  readonly tool: string;
  readonly request: Buffer;
  readonly request_hash: Buffer;
  readonly state: PermitViewState;
  readonly requested_at: Date;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly reason: string | null;
  readonly expires_at: Date | null;
}

/** Which permits are asked for; all of them where nothing is said. */
export interface PermitFilter {
  readonly state?: PermitViewState;
  readonly taskId?: string;
}

@Injectable()
export class PermitReader {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  async page(tenantId: string, filter: PermitFilter, { limit, cursor }: PageRequest): Promise<Page<PermitView>> {
    const [before] = placeOf(cursor, [ANY_UUID]) ?? [null];
    const values = [tenantId, filter.taskId ?? null, filter.state ?? null, before, limit + 1];
    const rows = await this.database.query<PermitColumns>(PERMIT_PAGE, values);
    return pageOf(rows, limit, (row) => [row.id], viewOf);
  }

  async one(tenantId: string, permitId: string): Promise<PermitView | undefined> {
    const [row] = await this.database.query<PermitColumns>(PERMIT_BY_ID, [tenantId, permitId]);
    return row && viewOf(row);
  }
}

const viewOf = (row: PermitColumns): PermitView => ({
  id: showId('permit', row.id),
  taskId: showId('task', row.task_id),
  stepKey: row.step_key,
  operationId: showId('operation', row.operation_id),
  tool: row.tool,
  state: row.state,
  requestHash: row.request_hash.toString('hex'),
  request: parsedBytes(row.request),
  requestedAt: row.requested_at.toISOString(),
  decidedAt: iso(row.decided_at),
  decidedBy: row.decided_by === null ? undefined : showId('key', row.decided_by),
  reason: row.reason ?? undefined,
  expiresAt: iso(row.expires_at),
});
