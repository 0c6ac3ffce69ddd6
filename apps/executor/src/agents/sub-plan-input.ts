import { callNumber, type JsonObject, type JsonValue, type RequestedCall, type StepView } from '@muster/domain';
import { type Database, type NamedSql, outputOf } from '@muster/persistence';
import { type BadInput, renderedInput } from '../input';

/** Of a step of a sub-plan, by their ids there: the steps that it needs, with what they came to. */
export type Siblings = Readonly<Record<string, StepView>>;

/** What a call of an agent is called with. `steps` is there where it is a template: in a sub-plan, and nowhere else. */
export interface CalledWith {
  readonly input: JsonObject;
  readonly steps?: Siblings;
}

export const calledWith = ({ input, subPlan }: RequestedCall, siblings: Siblings = {}): CalledWith => ({
  input: input ?? {},
  ...(subPlan && { steps: siblings }),
});

/** No text of a model or a tool is ever read as an expression, but what stands in a sub-plan that passed the rules. */
export const givenInput = ({
  input,
  steps,
}: CalledWith): { readonly ok: true; readonly value: JsonValue } | BadInput =>
  steps ? renderedInput(input, { steps }) : { ok: true, value: input };

/** The calls that steps of sub-plans ($1) need, by their numbers ($2) under the same agent, as far as they succeeded. */
export const READ_SIBLINGS: NamedSql = {
  name: 'executor.siblings',
  text: `
select wanted.id as step_id, s.key, s.kind, o.response
from unnest($1::uuid[], $2::int[]) as wanted(id, number)
cross join lateral (select parent_id from step where id = wanted.id limit 1) own
cross join lateral (
  select key, kind, state, operation_id from step where parent_id = own.parent_id and item_index = wanted.number limit 1
) s
cross join lateral (select state, response from operation where id = s.operation_id limit 1) o
where s.state = 'succeeded' and o.state = 'succeeded'`,
};

interface SiblingRow {
  readonly step_id: string;
  readonly key: string;
  readonly kind: 'tool' | 'agent' | 'model';
  readonly response: Buffer;
}

/** A call of an agent, as the step that stands for it. */
export interface CallRow {
  readonly stepId: string;
  readonly call: RequestedCall;
}

/** By the id of the step; of those that are in no sub-plan, or need nothing there, nothing. */
export async function loadSiblings(database: Database, calls: readonly CallRow[]): Promise<Map<string, Siblings>> {
  const wanted = calls.flatMap(({ stepId, call }) =>
    neededBy(call).map((key) => ({ stepId, number: callNumber(key) })),
  );
  if (wanted.length === 0) return new Map();
  const ids = wanted.map(({ stepId }) => stepId);
  const rows = await database.query<SiblingRow>(READ_SIBLINGS, [ids, wanted.map(({ number }) => number)]);
  const byStep = Map.groupBy(rows, (row) => row.step_id);
  return new Map(calls.map(({ stepId, call }) => [stepId, siblingsOf(call, byStep.get(stepId) ?? [])]));
}

const neededBy = ({ subPlan }: RequestedCall): string[] => [...new Set(Object.values(subPlan?.needs ?? {}))];

/** Pure: what the expressions of a step see, from the rows of what it needs. */
export function siblingsOf(
  { subPlan }: RequestedCall,
  rows: readonly Pick<SiblingRow, 'key' | 'kind' | 'response'>[],
): Siblings {
  const views = new Map(rows.map((row) => [row.key, viewOf(row)]));
  const needs = Object.entries(subPlan?.needs ?? {});
  return Object.fromEntries(needs.flatMap(([id, key]) => (views.has(key) ? [[id, views.get(key)!]] : [])));
}

function viewOf({ kind, response }: Pick<SiblingRow, 'kind' | 'response'>): StepView {
  const output = outputOf(kind, JSON.parse(response.toString('utf8')) as JsonValue);
  return { state: 'succeeded', output };
}
