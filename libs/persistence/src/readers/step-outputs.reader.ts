import { isJsonObject, type JsonValue, type StepKind, type StepState } from '@muster/domain';
import type { Database, NamedSql } from '../database';

/** What other steps, criteria and a task's output may see of a step. */
export interface StepOutput {
  readonly state: StepState;
  /** Null unless the step succeeded, and for the parent of a `forEach`. */
  readonly output: JsonValue;
  /** Of a `forEach`: the items' outputs in the items' order, null where one failed or was skipped. */
  readonly outputs?: readonly JsonValue[];
}

export interface WantedOutput {
  readonly taskId: string;
  readonly planIndex: number;
}

interface Row {
  readonly task_id: string;
  readonly plan_index: number;
  readonly item_index: number | null;
  readonly kind: StepKind;
  readonly state: StepState;
  readonly is_answered: boolean;
  readonly response: Buffer | null;
}

// An answer is an output unless its step ended otherwise: what a refuted or withdrawn step left behind is not to be used.
// Whoever reads has seen that the needs are met; the coordinator does so before the step's own success is committed.
// The parent of a forEach comes before its items, and a later revision of the plan after an earlier one. What an agent
// called is its own affair: others see its final answer.
const READ_OUTPUTS: NamedSql = {
  name: 'step-outputs.read',
  text: `
    with wanted as (select distinct task_id, plan_index from unnest($1::uuid[], $2::int[]) as w(task_id, plan_index))
    select s.task_id, s.plan_index, s.item_index, s.kind, s.state, o.id is not null as is_answered, o.response
      from wanted
      join step s using (task_id, plan_index)
      left join operation o on o.id = s.operation_id and o.state = 'succeeded' and s.state not in ('failed', 'skipped', 'cancelled')
     where s.task_id = any($1::uuid[]) and s.key not like '%/%'
     order by s.task_id, s.plan_index, s.plan_revision, s.place`,
};

/** The outputs of steps of any number of tasks, by task and index in the plan, in one statement. Unknown steps are absent. */
export async function loadOutputs(
  database: Database,
  wanted: readonly WantedOutput[],
): Promise<Map<string, Map<number, StepOutput>>> {
  const found = new Map<string, Map<number, StepOutput>>();
  if (wanted.length === 0) return found;
  const rows = await database.query<Row>(READ_OUTPUTS, [
    wanted.map((one) => one.taskId),
    wanted.map((one) => one.planIndex),
  ]);
  for (const row of rows) add(found, row);
  return found;
}

/** What a step's recorded answer is to others: of an agent the final answer that its last model call gave. */
export function outputOf(kind: StepKind, answer: JsonValue): JsonValue {
  if (kind !== 'agent') return answer;
  return isJsonObject(answer) ? (answer.output ?? null) : null;
}

function add(found: Map<string, Map<number, StepOutput>>, row: Row): void {
  const ofTask = found.get(row.task_id) ?? new Map<number, StepOutput>();
  found.set(row.task_id, ofTask);
  const output = row.response === null ? null : outputOf(row.kind, parse(row.response));
  if (row.item_index === null) return void ofTask.set(row.plan_index, withoutItems(row, output));
  const parent = ofTask.get(row.plan_index);
  if (parent) ofTask.set(row.plan_index, { ...parent, outputs: push(parent.outputs, output) });
}

// A step that succeeded without an operation is a forEach over no items: its list is empty, not missing.
function withoutItems(row: Row, output: JsonValue): StepOutput {
  const isEmptyForEach = row.state === 'succeeded' && !row.is_answered;
  return isEmptyForEach ? { state: row.state, output: null, outputs: [] } : { state: row.state, output };
}

// In place: a forEach may have ten thousand items, and the list belongs to nobody else yet.
function push(outputs: readonly JsonValue[] | undefined, output: JsonValue): JsonValue[] {
  const list = (outputs as JsonValue[] | undefined) ?? [];
  list.push(output);
  return list;
}

// Answers are kept as the bytes they came in. One that is no JSON has no value that an expression could see.
function parse(bytes: Buffer): JsonValue {
  try {
    return JSON.parse(bytes.toString('utf8')) as JsonValue;
  } catch {
    return null;
  }
}
