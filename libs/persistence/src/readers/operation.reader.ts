import type { EvidenceView, OperationView } from '@muster/contracts';
import { type EffectClass, type JsonObject, type OperationState, showId } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { Database, type NamedSql } from '../database';
import { ANY_TIMESTAMP, ANY_UUID, type Page, type PageRequest, pageOf, placeOf } from './paging';
import { hex, iso, parsed, parsedBytes } from './stored-json';

const OPERATION_FIELDS = `o.id, o.task_id, o.step_key, o.tool, o.effect, o.state, o.sending, o.request_hash, o.response_hash,
  case when o.state = 'succeeded' then o.response end as response,
  o.first_sent_at, o.first_sent_at::text as first_sent_text, o.settled_at,
  (select json_agg(json_build_object('kind', e.kind, 'at', e.at, 'beganAt', e.began_at, 'finding', e.finding,
      'detail', e.detail, 'body', encode(e.body, 'base64')) order by e.at, e.id)
    from evidence e where e.operation_id = o.id) as evidence,
  (select json_agg(json_build_object('sending', x.sending, 'worker', x.worker_id, 'outcome', x.outcome, 'code', x.code,
      'late', x.late, 'sentAt', x.sent_at, 'endedAt', x.ended_at) order by x.sending, x.late)
    from sending x where x.operation_id = o.id) as sendings`;

// Gone to one by one, as steps are (step.reader.ts).
export const OPERATION_PAGE: NamedSql = {
  name: 'read.operation-page',
  text: `
with recursive page as (
  (select id, first_sent_at from operation
    where task_id = $2 and (first_sent_at, id) > (coalesce($3::timestamptz, '-infinity'), coalesce($4::uuid, '${ANY_UUID}'))
    order by first_sent_at, id limit 1)
  union all
  select n.* from page p cross join lateral (
    select id, first_sent_at from operation where task_id = $2 and (first_sent_at, id) > (p.first_sent_at, p.id)
    order by first_sent_at, id limit 1) n
)
select ${OPERATION_FIELDS} from operation o
where o.tenant_id = $1 and o.id = any(array(select id from page limit $5))
order by o.first_sent_at, o.id`,
};

const OPERATION_BY_ID: NamedSql = {
  name: 'read.operation-by-id',
  text: `select ${OPERATION_FIELDS} from operation o where o.tenant_id = $1 and o.id = $2`,
};

interface OperationColumns {
  readonly id: string;
  readonly task_id: string;
  readonly step_key: string;
  readonly tool: string;
  readonly effect: EffectClass;
  readonly state: OperationState;
  readonly sending: number;
  readonly request_hash: Buffer;
  readonly response_hash: Buffer | null;
  readonly response: Buffer | null;
  readonly first_sent_at: Date;
  /** To the microsecond, which a Date cannot hold. */
  readonly first_sent_text: string;
  readonly settled_at: Date | null;
  readonly evidence: StoredEvidence[] | null;
  readonly sendings: StoredSending[] | null;
}

interface StoredEvidence {
  readonly kind: string;
  readonly at: string;
  readonly beganAt: string;
  readonly finding: string;
  readonly detail: string;
  readonly body: string | null;
}

interface StoredSending {
  readonly sending: number;
  readonly worker: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly late: boolean;
  readonly sentAt: string;
  readonly endedAt: string | null;
}

@Injectable()
export class OperationReader {
  constructor(private readonly database: Database) {}

  /** In the order they were first sent. */
  async page(tenantId: string, taskId: string, { limit, cursor }: PageRequest): Promise<Page<OperationView>> {
    const after = placeOf(cursor, [ANY_TIMESTAMP, ANY_UUID]) ?? [null, null];
    const rows = await this.database.query<OperationColumns>(OPERATION_PAGE, [tenantId, taskId, ...after, limit + 1]);
    return pageOf(rows, limit, (row) => [row.first_sent_text, row.id], viewOf);
  }

  async one(tenantId: string, operationId: string): Promise<OperationView | undefined> {
    const [row] = await this.database.query<OperationColumns>(OPERATION_BY_ID, [tenantId, operationId]);
    return row && viewOf(row);
  }
}

function viewOf(row: OperationColumns): OperationView {
  return {
    id: showId('operation', row.id),
    taskId: showId('task', row.task_id),
    stepKey: row.step_key,
    tool: row.tool,
    effect: row.effect,
    state: row.state,
    sendings: row.sending,
    requestHash: row.request_hash.toString('hex'),
    responseHash: hex(row.response_hash),
    output: parsedBytes(row.response),
    evidence: evidenceOf(row),
    firstSentAt: row.first_sent_at.toISOString(),
    settledAt: iso(row.settled_at),
  };
}

/** What was learnt of it: earlier sendings and late answers, probes, a person's word; in the order they came. */
function evidenceOf({ evidence, sendings }: OperationColumns): EvidenceView[] {
  const facts = [...(sendings ?? []).map(fromSending), ...(evidence ?? []).map(fromEvidence)];
  return facts.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function fromSending({ sentAt, endedAt, worker, code, ...sending }: StoredSending): EvidenceView {
  const sender = showId('worker', worker);
  const times = { sentAt: new Date(sentAt).toISOString(), endedAt: iso(endedAt) ?? null };
  return { kind: 'sending', at: times.endedAt ?? times.sentAt, data: { ...sending, code, worker: sender, ...times } };
}

function fromEvidence({ kind, at, beganAt, finding, detail, body }: StoredEvidence): EvidenceView {
  const told = parsed<JsonObject>(detail) ?? {};
  const seen = body === null ? undefined : parsedBytes(Buffer.from(body, 'base64'));
  const data: JsonObject = { ...told, finding, beganAt: new Date(beganAt).toISOString() };
  if (seen !== undefined) data.body = seen;
  return { kind, at: new Date(at).toISOString(), data };
}
