import type { ConditionView, FailureView, StepView } from '@muster/contracts';
import { type AgentCall, type JsonValue, type StepCondition, type StepKind, showId } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { Database, type NamedSql } from '../database';
import { type Page, type PageRequest, pageOf, placeOf } from './paging';
import { shownSpending } from './spending';
import { outputOf } from './step-outputs.reader';
import { iso, parsed, parsedBytes } from './stored-json';
import { SHOWN_STEP_STATE } from './task.sql';

// A step that succeeded without an operation is the parent of a forEach, perhaps of an empty one: its output is the
// list of its items' outputs, null for an item whose failure was let pass. An agent's operation is its last model call.
// Steps are gone to one by one: asked for a page of them, the planner may prefer to sort all steps of the task, since to
// it a task has as many as most have.
const PLACE = 'plan_index, place, plan_revision';
export const STEP_PAGE: NamedSql = {
  name: 'read.step-page',
  text: `
with recursive page as (
  (select id, ${PLACE} from step where task_id = $2 and (${PLACE}) > ($3::int, $4::text, $5::int) order by ${PLACE} limit 1)
  union all
  select n.* from page p cross join lateral (
    select id, ${PLACE} from step where task_id = $2 and (${PLACE}) > (p.plan_index, p.place, p.plan_revision)
    order by ${PLACE} limit 1) n
)
select s.id, s.key, ${SHOWN_STEP_STATE} as state, s.kind, s.tool, s.attempts, s.failure, s.condition, s.started_at, s.finished_at,
  s.plan_index, s.place, s.plan_revision, own.id as operation_id, s.spent, case when s.key like '%/%' then s.item end as call,
  (select json_build_object('passed', v.passed, 'code', v.code, 'message', v.message, 'at', v.at)::text
     from verdict v where v.step_id = s.id and v.round = s.epoch) as verdict,
  coalesce((select json_agg(n.key order by n.plan_index, n.place) from step n where n.id = any(s.needs)), '[]') as needs,
  case when s.state in ('succeeded', 'compensated') then own.response end as response,
  case when s.state in ('succeeded', 'compensated') and own.id is null then coalesce((
    select array_agg(case when i.state in ('succeeded', 'compensated') then io.response end order by i.item_index)
    from step i left join operation io on io.id = i.operation_id where i.parent_id = s.id), '{}') end as responses
from step s left join lateral (select id, response from operation where id = s.operation_id limit 1) own on true
where s.tenant_id = $1 and s.id = any(array(select id from page limit $6))
order by s.plan_index, s.place, s.plan_revision`,
};

interface StepColumns {
  readonly id: string;
  readonly key: string;
  readonly state: StepView['state'];
  readonly kind: StepKind;
  readonly tool: string;
  readonly spent: string;
  readonly call: string | null;
  readonly attempts: string;
  readonly failure: string | null;
  readonly condition: string;
  readonly verdict: string | null;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly plan_index: number;
  readonly place: string;
  readonly plan_revision: number;
  readonly operation_id: string | null;
  readonly needs: string[];
  readonly response: Buffer | null;
  readonly responses: (Buffer | null)[] | null;
}

/** What the verifier decided of the step's last round. */
interface StepVerdict {
  readonly passed: boolean;
  readonly code: string;
  readonly message: string;
  readonly at: string;
}

@Injectable()
export class StepReader {
  constructor(private readonly database: Database) {}

  /** In plan order, the items of a forEach behind their parent. */
  async page(tenantId: string, taskId: string, { limit, cursor }: PageRequest): Promise<Page<StepView>> {
    const after = placeOf(cursor, [0, '', 0]) ?? [-1, '', -1];
    const rows = await this.database.query<StepColumns>(STEP_PAGE, [tenantId, taskId, ...after, limit + 1]);
    return pageOf(rows, limit, (row) => [row.plan_index, row.place, row.plan_revision], viewOf);
  }
}

function viewOf(row: StepColumns): StepView {
  return {
    id: showId('step', row.id),
    key: row.key,
    state: row.state,
    kind: row.kind,
    ...(row.kind === 'agent' ? { agent: row.tool } : { tool: row.tool }),
    ...callOf(row),
    needs: row.needs,
    attempts: parsed<Record<string, number>>(row.attempts) ?? {},
    operationId: row.operation_id ? showId('operation', row.operation_id) : undefined,
    output: outputsOf(row),
    failure: parsed<FailureView>(row.failure),
    conditions: [...waitsOf(row), ...verdictsOf(row)],
    startedAt: iso(row.started_at),
    finishedAt: iso(row.finished_at),
  };
}

function outputsOf({ kind, response, responses }: StepColumns): JsonValue | undefined {
  const seen = (bytes: Buffer | null): JsonValue | undefined => {
    const answer = parsedBytes(bytes);
    return answer === undefined ? undefined : outputOf(kind, answer);
  };
  if (responses === null) return seen(response);
  return responses.map((one) => seen(one) ?? null);
}

/** What a model asked for, in its own words. */
function callOf({ kind, call, spent }: StepColumns): Pick<StepView, 'call' | 'used'> {
  const told = parsed<AgentCall>(call);
  const used = parsed<Record<string, number>>(spent) ?? {};
  const { hash: _hash, callers: _callers, ...shown } = { hash: '', callers: [], ...told };
  return {
    ...(told && { call: JSON.parse(JSON.stringify(shown)) as JsonValue }),
    ...((kind === 'agent' || told) && { used: shownSpending(used) }),
  };
}

function waitsOf(row: StepColumns): ConditionView[] {
  const condition = parsed<StepCondition | null>(row.condition);
  if (!condition) return [];
  if (condition.kind === 'none') {
    return condition.reason === undefined ? [] : [{ type: 'Ended', status: true, reason: condition.reason }];
  }
  if (condition.kind !== 'person') return [{ type: 'Waiting', status: true, reason: condition.kind }];
  const { reason, message } = condition;
  return [{ type: 'NeedsAttention', status: true, reason, message }];
}

/** That a tool answered makes a step executed; only a verdict makes it verified. */
function verdictsOf(row: StepColumns): ConditionView[] {
  const verdict = parsed<StepVerdict | null>(row.verdict);
  if (!verdict) return [];
  const { passed, code, message, at } = verdict;
  return [{ type: 'Verified', status: passed, reason: code, message, since: new Date(at).toISOString() }];
}
