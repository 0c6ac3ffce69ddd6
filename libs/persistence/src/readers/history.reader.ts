import type { ArtifactView, EventView, PlanDiffView, PlanView } from '@muster/contracts';
import { diffOfPlans, type JsonObject, LIMITS, type PlanBody, showId } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { Database, type NamedSql } from '../database';
import { ANY_UUID, type Page, type PageRequest, pageOf, placeOf } from './paging';

/**
 * As many events as were asked for, or as fit into the bytes of a page and one that is `beyond` them, so that there is
 * another page. Sizes are read without the data. A history is gapless, so that no more than these are looked at.
 */
export const EVENT_PAGE: NamedSql = {
  name: 'read.event-page',
  text: `
select seq, type, at, data, encode(hash, 'hex') as hash, beyond from (
  select e.*, coalesce(sum(octet_length(data)) over before, 0) >= ${LIMITS.EVENT_PAGE_BYTES_MAX} as beyond,
    coalesce(sum(octet_length(data)) over well_before, 0) as size
  from event e where tenant_id = $1 and task_id = $2 and seq > $3 and seq <= $3::bigint + $4
  window before as (order by seq rows between unbounded preceding and 1 preceding),
    well_before as (order by seq rows between unbounded preceding and 2 preceding)
) page
where size < ${LIMITS.EVENT_PAGE_BYTES_MAX} order by seq`,
};

const PLAN_OF_TASK: NamedSql = {
  name: 'read.plan-of-task',
  text: `select tp.revision, tp.plan_hash, tp.source, tp.accepted_at, p.body
    from task t join task_plan tp on tp.task_id = t.id and (case when $3::int is null then tp.active else tp.revision = $3 end)
    join plan p on p.hash = tp.plan_hash
    where t.tenant_id = $1 and t.id = $2`,
};

const ARTIFACT_FIELDS = 'a.name, s.key, a.operation_id, a.hash, a.size, a.media_type, a.created_at, a.step_id';

const ARTIFACT_PAGE: NamedSql = {
  name: 'read.artifact-page',
  text: `select ${ARTIFACT_FIELDS} from artifact_link a join step s on s.id = a.step_id
    where a.tenant_id = $1 and a.task_id = $2 and (a.step_id, a.name) > ($3::uuid, $4::text)
    order by a.step_id, a.name limit $5`,
};

// Two steps may give the same name: then the later one is meant, unless the step is said.
const ARTIFACT_CONTENT: NamedSql = {
  name: 'read.artifact-content',
  text: `select ${ARTIFACT_FIELDS}, c.content
    from artifact_link a join step s on s.id = a.step_id join artifact c on c.tenant_id = a.tenant_id and c.hash = a.hash
    where a.tenant_id = $1 and a.task_id = $2 and a.name = $3 and ($4::text is null or s.key = $4)
    order by a.created_at desc, a.step_id desc limit 1`,
};

interface EventColumns {
  readonly seq: number;
  readonly type: string;
  readonly at: Date;
  readonly data: string;
  readonly hash: string;
  readonly beyond: boolean;
}

interface PlanColumns {
  readonly revision: number;
  readonly plan_hash: string;
  readonly source: string;
  readonly accepted_at: Date;
  readonly body: string;
}

interface ArtifactColumns {
  readonly name: string;
  readonly key: string;
  readonly operation_id: string;
  readonly hash: string;
  readonly size: number;
  readonly media_type: string;
  readonly created_at: Date;
  readonly step_id: string;
}

export interface ArtifactContent extends ArtifactView {
  readonly content: Buffer;
}

/** What was meant, what happened, and what came of it. */
@Injectable()
export class HistoryReader {
  constructor(private readonly database: Database) {}

  async events(tenantId: string, taskId: string, { limit, cursor }: PageRequest): Promise<Page<EventView>> {
    const [after] = placeOf(cursor, [0]) ?? [0];
    return this.eventsAfter(tenantId, taskId, after, limit);
  }

  /** For followers: the events behind `after`, at most `limit`, and no more than fit into a page. */
  async eventsAfter(tenantId: string, taskId: string, after: number, limit: number): Promise<Page<EventView>> {
    const rows = await this.database.query<EventColumns>(EVENT_PAGE, [tenantId, taskId, after, limit + 1]);
    const fitting = rows.filter((row) => !row.beyond).length;
    return pageOf(rows, Math.min(limit, fitting), (row) => [row.seq], eventOf);
  }

  /** The plan that the task goes by, or went by as of that revision. */
  async plan(tenantId: string, taskId: string, revision?: number): Promise<PlanView | undefined> {
    const row = await this.planRow(tenantId, taskId, revision);
    if (!row) return undefined;
    const body = JSON.parse(row.body) as PlanBody;
    const retired = body.retired?.map((index) => body.document.steps[index]!.id);
    return {
      taskId: showId('task', taskId),
      revision: row.revision,
      hash: row.plan_hash,
      source: row.source,
      acceptedAt: row.accepted_at.toISOString(),
      tools: body.pins,
      agents: body.agents,
      retired,
      plan: body.document as unknown as JsonObject,
    };
  }

  /** What `to` changed of `from`; undefined where the task had no such revision. */
  async planDiff(tenantId: string, taskId: string, from: number, to: number): Promise<PlanDiffView | undefined> {
    const rows = await Promise.all([from, to].map((revision) => this.planRow(tenantId, taskId, revision)));
    const [before, after] = rows.map((row) => row && (JSON.parse(row.body) as PlanBody));
    if (!before || !after) return undefined;
    const { kept, added, dropped } = diffOfPlans(before, after);
    return { from, to, kept: [...kept], added: [...added], dropped: [...dropped] };
  }

  private async planRow(tenantId: string, taskId: string, revision?: number): Promise<PlanColumns | undefined> {
    const [row] = await this.database.query<PlanColumns>(PLAN_OF_TASK, [tenantId, taskId, revision ?? null]);
    return row;
  }

  async artifacts(tenantId: string, taskId: string, { limit, cursor }: PageRequest): Promise<Page<ArtifactView>> {
    const after = placeOf(cursor, [ANY_UUID, '']) ?? [ANY_UUID, ''];
    const rows = await this.database.query<ArtifactColumns>(ARTIFACT_PAGE, [tenantId, taskId, ...after, limit + 1]);
    return pageOf(rows, limit, (row) => [row.step_id, row.name], artifactOf);
  }

  async artifact(
    tenantId: string,
    taskId: string,
    name: string,
    stepKey?: string,
  ): Promise<ArtifactContent | undefined> {
    type WithContent = ArtifactColumns & { readonly content: Buffer };
    const values = [tenantId, taskId, name, stepKey ?? null];
    const [row] = await this.database.query<WithContent>(ARTIFACT_CONTENT, values);
    return row && { ...artifactOf(row), content: row.content };
  }
}

const eventOf = ({ seq, type, at, data, hash }: EventColumns): EventView => ({
  seq,
  type,
  at: at.toISOString(),
  data: JSON.parse(data),
  hash,
});

const artifactOf = (row: ArtifactColumns): ArtifactView => ({
  name: row.name,
  stepKey: row.key,
  operationId: showId('operation', row.operation_id),
  hash: row.hash,
  size: row.size,
  mediaType: row.media_type,
  createdAt: row.created_at.toISOString(),
});
