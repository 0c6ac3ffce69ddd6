import {
  type AgentCall,
  isCallKey,
  type JsonValue,
  type ModelStepCall,
  type RequestedCall,
  showId,
  stepAt,
} from '@muster/domain';
import type { Database, KnownPlan, NamedSql } from '@muster/persistence';
import type { PreparedRow } from '../work';
import { type ContextFacts, finalOf } from './context';
import type { RecordedCall } from './recorded-call';
import { type CallRow, calledWith, loadSiblings, type Siblings } from './sub-plan-input';

/** The agents ($1) whose models are to be called, each with everything it called before its call number $2. */
const READ_LOOPS: NamedSql = {
  name: 'executor.agent-loops',
  text: `
select a.id as agent_id, a.key as agent_key, a.item as agent_item, s.key, s.item, s.state, s.failure, o.id as operation_id,
  case when o.state = 'succeeded' then o.response end as response
from unnest($1::uuid[], $2::int[]) as wanted(id, before)
join step a on a.id = wanted.id
left join step s on s.parent_id = a.id and s.item_index < wanted.before
left join operation o on o.id = s.operation_id
order by a.id, s.item_index`,
};

/** One call of an agent's loop, or none where `key` is null. */
export interface LoopRow {
  readonly agent_id: string;
  readonly agent_key: string;
  readonly agent_item: string | null;
  readonly key: string | null;
  readonly item: string | null;
  readonly state: string;
  readonly failure: string | null;
  readonly operation_id: string | null;
  readonly response: Buffer | null;
}

/** What the model calls among these steps are made of, by the step's id. */
export async function loadContexts(
  database: Database,
  rows: readonly PreparedRow[],
  known: KnownPlan,
): Promise<Map<string, ContextFacts>> {
  const wanted = rows.filter(isModelCall);
  if (wanted.length === 0) return new Map();
  const loops = await database.query<LoopRow>(READ_LOOPS, [
    wanted.map((row) => row.parent_id),
    wanted.map((row) => row.item_index),
  ]);
  const byAgent = Map.groupBy(loops, (loop) => loop.agent_id);
  const siblings = await loadSiblings(
    database,
    [...byAgent.values()].flatMap((loop) => agentCallOf(loop[0]!)),
  );
  return new Map(
    wanted.map((row) => {
      const agentId = row.parent_id!;
      return [row.step_id, contextOf(row, byAgent.get(agentId) ?? [], known, siblings.get(agentId))];
    }),
  );
}

/** The call that an agent of this loop is, where another agent called it. */
export const agentCallOf = ({ agent_id: stepId, agent_key: key, agent_item: item }: LoopRow): CallRow[] =>
  isCallKey(key) ? [{ stepId, call: JSON.parse(item!) as RequestedCall }] : [];

export const isModelCall = (row: PreparedRow): boolean =>
  isCallKey(row.key) && (JSON.parse(row.item!) as AgentCall).kind === 'model';

/** Pure: what a model call is made of, from the rows of its loop up to it. */
export function contextOf(
  row: PreparedRow,
  loop: readonly LoopRow[],
  { plan, contracts }: KnownPlan,
  siblings?: Siblings,
): ContextFacts {
  const { callers } = JSON.parse(row.item!) as ModelStepCall;
  const { agent_item: item } = loop[0]!;
  const [called] = agentCallOf(loop[0]!);
  const step = stepAt(plan, row.plan_index);
  const isItem = item !== null && !called;
  return {
    plan,
    contracts,
    callers,
    ...(called && { given: calledWith(called.call, siblings) }),
    stated: { template: step.input, ...(isItem && { item: { [step.as]: JSON.parse(item) as JsonValue } }) },
    calls: loop.flatMap(recordedOf),
  };
}

function recordedOf({ key, item, state, failure, operation_id: id, response }: LoopRow): RecordedCall[] {
  if (key === null) return [];
  const call = JSON.parse(item!) as AgentCall;
  const answer = response === null ? undefined : (JSON.parse(response.toString('utf8')) as JsonValue);
  return [
    {
      key,
      call,
      state,
      ...(id === null ? {} : { operationId: showId('operation', id) }),
      ...(answer === undefined ? {} : { answer: call.kind === 'agent' ? finalOf(answer) : answer }),
      ...(failure === null ? {} : { failure: JSON.parse(failure) as RecordedCall['failure'] }),
    },
  ];
}
