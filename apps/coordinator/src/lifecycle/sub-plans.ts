import {
  type CompiledStep,
  canonicalJson,
  checkSubPlan,
  grantsOf,
  isJsonObject,
  type JsonObject,
  type Problem,
  type RequestedCall,
  type SubPlanGrants,
  sha256Hex,
  topologicalOrder,
} from '@muster/domain';
import type { ModelToolCall } from '@muster/models';
import { answered, type Bench, changes, hashOf, type Judged } from './call-identity';
import type { AgentFacts, StepRow } from './snapshot';

/**
 * A plan that a model returned becomes one call for each of its steps, in the same round and right under the agent, so
 * that whatever holds for calls holds for them (docs/decisions/0017). A step begins when the calls it needs have
 * succeeded, by the same counters as a step of the task's own plan.
 */

/** The n-th request of an answer, from 0, with the plan in its arguments. */
type Request = ModelToolCall & { readonly n: number };

/** As many as a model can do something about at once; the rest it hears of next time. */
const PROBLEMS_SENT_MAX = 50;
const UNSOUND = 'The plan is not sound, and nothing of it was begun. Mend every problem and return it again.';

/** One call for each step, in the plan's order, or one that is refused with everything that is wrong with the plan. */
export function judgeSubPlan(request: Request, earlier: readonly Judged[], bench: Bench): Judged[] {
  const given = request.arguments;
  if (!isJsonObject(given)) {
    return [refused(request, bench, { code: 'bad_arguments', message: request.problem ?? 'They are no JSON object.' })];
  }
  const verdict = checkSubPlan(given, subPlanGrants(bench), bench.fanOut);
  if (!verdict.ok) return [refused(request, bench, unsound(verdict.problems))];
  const { steps } = verdict.plan;
  const judged: Judged[] = [];
  for (const index of topologicalOrder(steps.map(({ needs }) => needs)))
    judged[index] = judgeStep(steps[index]!, { request, earlier, judged, bench });
  return judged;
}

type Refusal = NonNullable<RequestedCall['refusal']>;

const unsound = (problems: readonly Problem[]): Refusal => ({
  code: 'bad_plan',
  message: UNSOUND,
  problems: problems.slice(0, PROBLEMS_SENT_MAX),
});

function refused({ id: callId, name, arguments: input }: Request, bench: Bench, refusal: Refusal): Judged {
  const call = { kind: 'tool', round: bench.round, callId, name, input, hash: hashOf(input), refusal } as const;
  return { call, contractHash: bench.agentHash };
}

function subPlanGrants({ snapshot, callers }: Bench): SubPlanGrants {
  const { plan, contracts } = snapshot;
  const { tools, agents } = grantsOf(plan, callers);
  return {
    tools: new Map(tools.map((name) => [name, contracts.get(plan.body.pins[name]!.hash)!])),
    agents: new Map(agents.map((name) => [name, plan.agents.get(name)!])),
    isKnown: (name) => Object.hasOwn(plan.body.pins, name) || plan.agents.has(name),
  };
}

interface Surroundings {
  readonly request: Request;
  /** Calls of earlier requests of the same answer. */
  readonly earlier: readonly Judged[];
  /** By index, the steps of this plan that are judged already: all that a step needs. */
  readonly judged: readonly Judged[];
  readonly bench: Bench;
}

/** Two steps of one plan are always two operations; of what came before, an identical call answers a step. */
function judgeStep(step: CompiledStep, around: Surroundings): Judged {
  const { request, earlier, bench } = around;
  const needs = needsOf(step, around);
  const call: RequestedCall = {
    kind: step.kind === 'agent' ? 'agent' : 'tool',
    round: bench.round,
    callId: request.id,
    name: step.tool,
    input: step.input,
    hash: identityOf(step, around),
    ...(step.kind === 'agent' && { callers: [...bench.callers, step.tool] }),
    subPlan: { id: step.key, request: request.n, needs },
  };
  const one = { call, contractHash: step.contractHash };
  return changes(one, bench) || isAllBefore(needs, bench) ? answered(one, earlier, bench) : one;
}

/** What a read says may hang on whatever it waits for, so that only one that waits for nothing new can be answered. */
function isAllBefore(needs: Readonly<Record<string, string>>, { facts }: Bench): boolean {
  const before = new Set(facts.calls.map(({ key }) => key));
  return Object.values(needs).every((key) => before.has(key));
}

/** In the place of a step that was answered before stands the call that answers it, and what that step waited for. */
function needsOf(step: CompiledStep, { earlier, judged, bench }: Surroundings): Readonly<Record<string, string>> {
  const entries = step.needs.flatMap((index) => {
    const { answeredBy, subPlan } = judged[index]!.call;
    const { id, needs } = subPlan!;
    if (answeredBy === undefined) return [[id, bench.keyOf(earlier.length + index)]];
    return [[id, answeredBy], ...Object.entries(needs)];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

/**
 * A step without expressions is identical to any call with the same input; one with expressions to a step with the same
 * ones, over steps that are identical in turn.
 */
function identityOf({ input, inputReads }: CompiledStep, { judged }: Surroundings): string {
  if (inputReads.length === 0) return hashOf(input);
  const reads = inputReads.map((index) => {
    const { name, hash, subPlan } = judged[index]!.call;
    return [subPlan!.id, { name, hash }];
  });
  return sha256Hex(`sub-plan ${canonicalJson({ input, reads: Object.fromEntries(reads) as JsonObject })}`);
}

/** The rows of an answer's calls, each waiting for those that it needs; what has ended in an earlier round is not waited for. */
export function linked(rows: readonly StepRow[]): StepRow[] {
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const needs = new Map(rows.map((row) => [row.id, needsAmong(row, byKey)]));
  const dependants = new Map<string, string[]>(rows.map(({ id }) => [id, []]));
  for (const [id, needed] of needs) for (const need of needed) dependants.get(need)!.push(id);
  return rows.map((row) => ({
    ...row,
    needs: needs.get(row.id)!,
    waitingOn: needs.get(row.id)!.length,
    dependants: dependants.get(row.id)!,
  }));
}

function needsAmong({ call }: StepRow, byKey: ReadonlyMap<string, StepRow>): string[] {
  if (!call || call.kind === 'model' || !call.subPlan || call.answeredBy) return [];
  return [...new Set(Object.values(call.subPlan.needs).flatMap((key) => byKey.get(key)?.id ?? []))];
}

/** A step that needs an earlier call which did not succeed, and so can never begin. */
export function isHopeless({ call }: StepRow, { calls }: AgentFacts): boolean {
  if (!call || call.kind === 'model' || !call.subPlan) return false;
  const needed = new Set(Object.values(call.subPlan.needs));
  return calls.some(({ key, state }) => needed.has(key) && state !== 'succeeded');
}
