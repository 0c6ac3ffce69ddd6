import type { EffectClass, OperationState, StepCondition, StepState, TaskState } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { Database, type NamedSql } from '../database';
import { iso, parsed } from './stored-json';

/** What a task stands still on, as stored. Ids are plain UUIDs, times RFC 3339. */
export interface StandstillFacts {
  readonly now: string;
  readonly taskId: string;
  readonly state: TaskState;
  readonly revision: number;
  readonly withdrawal?: 'cancel' | 'deadline';
  readonly failure?: string;
  readonly deadlineAt?: string;
  readonly openSteps: number;
  /** Those that a person is waited for first, then what is under way; at most WAITING_STEPS_MAX. */
  readonly steps: readonly WaitingStep[];
}

export interface WaitingStep {
  readonly key: string;
  readonly tool: string;
  readonly state: StepState | 'executing';
  readonly condition?: StepCondition;
  readonly dueAt?: string;
  readonly startedAt?: string;
  /** Keys of the steps it still waits for. */
  readonly openNeeds: readonly string[];
  readonly operation?: WaitingOperation;
}

export interface WaitingOperation {
  readonly id: string;
  readonly effect: EffectClass;
  readonly state: OperationState;
  readonly sending: number;
  readonly sentAt: string;
  readonly endedAt?: string;
  readonly code?: string;
  readonly message?: string;
}

/** More would not be read by anybody; the rest is counted. */
export const WAITING_STEPS_MAX = 100;

/** The open steps of a larger task are not all looked through: what moves, and what waits right behind it, says enough. */
const STEPS_LOOKED_THROUGH_MAX = 10_000;

/**
 * What moves or is held has short indexes of its own. What is merely pending is found in plan order, among finished steps
 * perhaps: in a large task only where nothing moves, which is before the first step does.
 */
export const STANDSTILL: NamedSql = {
  name: 'read.standstill',
  text: `
with moving as materialized (
  (select id, dependants from step where task_id = $2 and state in ('parked', 'waiting', 'verifying')
      and finished_at is null
    order by array_position(array['parked', 'waiting', 'verifying'], state), plan_index, place limit $3)
  union all
  (select id, dependants from step where tenant_id = $1 and task_id = $2 and state = 'dispatched'
    order by plan_index, place limit $3)
  union all
  (select id, dependants from step where tenant_id = $1 and task_id = $2 and state = 'ready'
    order by priority desc, id limit $3)
), looked as materialized (
  select open_steps > 0 and (steps_total <= ${STEPS_LOOKED_THROUGH_MAX} or not exists (select from moving)) as through
  from task where id = $2
), waiting as (
  select id from moving
  union
  (select id from step where (select through from looked) and task_id = $2 and finished_at is null
    order by task_id, plan_index, place, plan_revision limit $3)
  union
  (select d.id from moving m cross join lateral unnest(m.dependants) d(id) where not (select through from looked) limit $3)
)
select now() as now, t.state, t.revision, t.withdrawal, t.failure, t.deadline_at, t.open_steps,
  (select json_agg(json_build_object('key', s.key, 'tool', s.tool, 'state', s.state, 'epoch', s.epoch,
      'condition', s.condition, 'dueAt', s.due_at, 'startedAt', s.started_at,
      'openNeeds', (select json_agg(n.key order by n.plan_index) from step n
        where n.id = any(s.needs) and n.finished_at is null),
      'operation', case when o.id is null then null else json_build_object('id', o.id, 'effect', o.effect,
        'state', o.state, 'sending', o.sending, 'epoch', o.epoch, 'sentAt', o.sent_at, 'endedAt', o.ended_at,
        'code', o.code, 'message', o.message) end) order by s.rank, s.plan_index, s.place)
    from (
      select w.*, array_position(array['parked', 'waiting', 'verifying', 'dispatched', 'ready'], w.state) as rank
      from step w where w.id = any(array(select id from waiting)) and w.finished_at is null
      order by rank, w.plan_index, w.place limit $3) s
    left join lateral (select * from operation where id = s.operation_id limit 1) o on true) as steps
from task t where t.tenant_id = $1 and t.id = $2`,
};

interface StandstillColumns {
  readonly now: Date;
  readonly state: TaskState;
  readonly revision: number;
  readonly withdrawal: 'cancel' | 'deadline' | null;
  readonly failure: string | null;
  readonly deadline_at: Date | null;
  readonly open_steps: number;
  readonly steps: StepColumns[] | null;
}

interface StepColumns {
  readonly key: string;
  readonly tool: string;
  readonly state: StepState;
  readonly epoch: number;
  readonly condition: string;
  readonly dueAt: string | null;
  readonly startedAt: string | null;
  readonly openNeeds: string[] | null;
  readonly operation: OperationColumns | null;
}

interface OperationColumns {
  readonly id: string;
  readonly effect: EffectClass;
  readonly state: OperationState;
  readonly sending: number;
  readonly epoch: number;
  readonly sentAt: string;
  readonly endedAt: string | null;
  readonly code: string | null;
  readonly message: string | null;
}

@Injectable()
export class ExplanationReader {
  constructor(private readonly database: Database) {}

  async standstill(tenantId: string, taskId: string): Promise<StandstillFacts | undefined> {
    const [row] = await this.database.query<StandstillColumns>(STANDSTILL, [tenantId, taskId, WAITING_STEPS_MAX]);
    if (!row) return undefined;
    return {
      now: row.now.toISOString(),
      taskId,
      state: row.state,
      revision: row.revision,
      withdrawal: row.withdrawal ?? undefined,
      failure: parsed<{ message?: string }>(row.failure)?.message,
      deadlineAt: iso(row.deadline_at),
      openSteps: row.open_steps,
      steps: (row.steps ?? []).map(stepOf),
    };
  }
}

function stepOf(row: StepColumns): WaitingStep {
  const isOut = row.state === 'dispatched' && row.operation?.state === 'sent' && row.operation.epoch === row.epoch;
  return {
    key: row.key,
    tool: row.tool,
    state: isOut ? 'executing' : row.state,
    condition: parsed<StepCondition | null>(row.condition) ?? undefined,
    dueAt: iso(row.dueAt),
    startedAt: iso(row.startedAt),
    openNeeds: row.openNeeds ?? [],
    operation: row.operation ? operationOf(row.operation) : undefined,
  };
}

const operationOf = ({ epoch: _, ...row }: OperationColumns): WaitingOperation => ({
  ...row,
  sentAt: new Date(row.sentAt).toISOString(),
  endedAt: iso(row.endedAt),
  code: row.code ?? undefined,
  message: row.message ?? undefined,
});
