import { type AgentCall, hashJson, type JsonValue, type StepKind, type StepState } from '@muster/domain';
import { type Database, outputOf } from '@muster/persistence';
import { AGENT_CALLS, LAST_EFFECTS } from './load.sql';
import type { AgentFacts, CallFacts, FailureRecord } from './snapshot';

interface CallRow {
  readonly agentId: string;
  readonly id: string;
  readonly key: string;
  readonly kind: StepKind;
  readonly contractHash: string;
  readonly state: StepState;
  readonly call: string;
  readonly failure: string | null;
  readonly responseHash: string | null;
  readonly sentAt: number | null;
  readonly response: Buffer | null;
}

/** What these agents have called so far, by the agent's step. */
export async function loadAgents(database: Database, stepIds: readonly string[]): Promise<Map<string, AgentFacts>> {
  const [rows, effects] = await Promise.all([
    database.query<CallRow>(AGENT_CALLS, [stepIds]),
    database.query<{ agentId: string; at: number }>(LAST_EFFECTS, [stepIds]),
  ]);
  const calls = Map.groupBy(rows, (row) => row.agentId);
  const lastEffects = new Map(effects.map(({ agentId, at }) => [agentId, at]));
  return new Map(stepIds.map((id) => [id, factsOf(calls.get(id) ?? [], lastEffects.get(id) ?? null)]));
}

function factsOf(rows: readonly CallRow[], lastEffectAt: number | null): AgentFacts {
  const model = rows.findLast((row) => row.kind === 'model');
  return { calls: rows.map(callOf), answer: model?.response?.toString('utf8') ?? null, lastEffectAt };
}

function callOf(row: CallRow): CallFacts {
  const { id, key, kind, contractHash, state } = row;
  return {
    ...{ id, key, kind, contractHash, state },
    call: JSON.parse(row.call) as AgentCall,
    exitReason: row.failure === null ? undefined : (JSON.parse(row.failure) as FailureRecord).exitReason,
    resultHash: resultHashOf(row),
    sentAt: row.sentAt ?? undefined,
  };
}

/** An agent's recorded answer says what it cost as well; its result is the final answer in it. */
function resultHashOf({ kind, response, responseHash }: CallRow): string | undefined {
  if (kind !== 'agent') return responseHash ?? undefined;
  return response === null
    ? undefined
    : hashJson(outputOf('agent', JSON.parse(response.toString('utf8')) as JsonValue));
}
