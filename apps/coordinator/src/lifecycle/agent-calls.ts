import {
  type CallRefusal,
  type CompiledPlan,
  compileSchema,
  grantsOf,
  isJsonObject,
  type RequestedCall,
  SUB_PLAN,
} from '@muster/domain';
import type { ModelToolCall } from '@muster/models';
import { answered, type Bench, hashOf, type Judged } from './call-identity';
import { judgeSubPlan } from './sub-plans';

const NAME_SHOWN_MAX = 128;
const PROBLEMS_SHOWN_MAX = 5;

/** Judges everything that one answer asks for, in order: a call may be identical to an earlier one of the same answer. */
export function judgeCalls(requests: readonly ModelToolCall[], bench: Bench): Judged[] {
  const judged: Judged[] = [];
  for (const [n, request] of requests.entries()) {
    if (isSubPlan(request, bench)) judged.push(...judgeSubPlan({ ...request, n }, judged, bench));
    else judged.push(answered(judge(request, bench), judged, bench));
  }
  return judged;
}

const isSubPlan = ({ name }: ModelToolCall, { snapshot, callers }: Bench): boolean =>
  name === SUB_PLAN && snapshot.plan.agents.get(callers.at(-1)!)?.plans === true;

function judge(request: ModelToolCall, bench: Bench): Judged {
  const { plan, contracts } = bench.snapshot;
  const name = request.name.slice(0, NAME_SHOWN_MAX);
  const input = isJsonObject(request.arguments) ? request.arguments : null;
  const { round, agentHash } = bench;
  const call: RequestedCall = { kind: 'tool', round, callId: request.id, name, input, hash: hashOf(input) };
  const refuse = (code: CallRefusal, message: string): Judged => ({
    call: { ...call, refusal: { code, message } },
    contractHash: agentHash,
  });
  const target = targetOf(name, plan, bench.callers);
  if (!target) return refuse(...absence(name, plan));
  const { hash } = target;
  const schema = target.kind === 'agent' ? plan.agents.get(name)!.input : contracts.get(hash)!.input;
  const problems = input === null ? [request.problem ?? 'They are no JSON object.'] : compileSchema(schema)(input);
  if (problems) return refuse('bad_arguments', problems.slice(0, PROBLEMS_SHOWN_MAX).join('; '));
  const callers = target.kind === 'agent' ? { callers: [...bench.callers, name] } : {};
  return { call: { ...call, kind: target.kind, ...callers }, contractHash: hash };
}

function targetOf(name: string, plan: CompiledPlan, callers: readonly string[]) {
  const { tools, agents } = grantsOf(plan, callers);
  if (tools.includes(name)) return { kind: 'tool', hash: plan.body.pins[name]!.hash } as const;
  return agents.includes(name) ? ({ kind: 'agent', hash: plan.agents.get(name)!.hash } as const) : undefined;
}

function absence(name: string, { body, agents }: CompiledPlan): [CallRefusal, string] {
  return Object.hasOwn(body.pins, name) || agents.has(name)
    ? ['not_granted', `'${name}' is not granted to this agent.`]
    : ['unknown_name', `There is nothing named '${name}' to call.`];
}
