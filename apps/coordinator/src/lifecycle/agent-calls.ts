import {
  type CallRefusal,
  type CompiledPlan,
  canonicalJson,
  compileSchema,
  grantsOf,
  isJsonObject,
  type JsonObject,
  type RequestedCall,
  sha256Hex,
} from '@muster/domain';
import type { ModelToolCall } from '@muster/models';
import type { AgentFacts, CallFacts, Snapshot } from './snapshot';

/** What is to become of a call that a model asked for: `call` says so where it is not to be made. */
export interface Judged {
  readonly call: RequestedCall;
  readonly contractHash: string;
}

/** What a model's requests are judged by. */
export interface Bench {
  readonly snapshot: Snapshot;
  readonly facts: AgentFacts;
  readonly round: number;
  /** The agents above these calls, from the plan's own down to the one that asks. */
  readonly callers: readonly string[];
  /** The contract of the agent that asks; what is never sent refers to it. */
  readonly agentHash: string;
}

const NAME_SHOWN_MAX = 128;
const PROBLEMS_SHOWN_MAX = 5;

/** Judges everything that one answer asks for, in order: a call may be identical to an earlier one of the same answer. */
export function judgeCalls(requests: readonly ModelToolCall[], bench: Bench, keyOf: (n: number) => string): Judged[] {
  const judged: Judged[] = [];
  for (const request of requests) {
    const one = judge(request, bench);
    const twin = one.call.refusal ? undefined : twinOf(one, judged, bench, keyOf);
    judged.push(twin === undefined ? one : { ...one, call: { ...one.call, answeredBy: twin } });
  }
  return judged;
}

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

const hashOf = (input: JsonObject | null): string => sha256Hex(canonicalJson(input));

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

/** Key of the call whose answer stands for this one as well. */
function twinOf(
  one: Judged,
  judged: readonly Judged[],
  bench: Bench,
  keyOf: (n: number) => string,
): string | undefined {
  const inAnswer = judged.findIndex((other) => isIdentical(one.call, other.call) && !other.call.answeredBy);
  if (inAnswer >= 0) return isRepeatable(one, bench) ? undefined : keyOf(inAnswer);
  return bench.facts.calls.find((earlier) => answers(earlier, one, bench))?.key;
}

function answers(earlier: CallFacts, one: Judged, bench: Bench): boolean {
  const { call, state, sentAt } = earlier;
  if (call.kind === 'model' || call.answeredBy || !isIdentical(call, one.call) || isRepeatable(one, bench))
    return false;
  if (changes(one, bench)) return isDone(earlier);
  if (state !== 'succeeded') return false;
  const { lastEffectAt } = bench.facts;
  return lastEffectAt === null || (sentAt ?? 0) > lastEffectAt;
}

/** An effect took place although nobody believes its answer, unless the tool itself showed that it did not. */
const isDone = ({ state, resultHash, exitReason }: CallFacts): boolean =>
  state === 'succeeded' || (resultHash !== undefined && exitReason !== 'phantom_success');

const isIdentical = (a: RequestedCall, b: RequestedCall): boolean =>
  a.name === b.name && a.hash === b.hash && !b.refusal;

/** A tool that may be repeated on purpose, or a read that nobody may answer from memory. */
function isRepeatable({ call, contractHash }: Judged, { snapshot }: Bench): boolean {
  const contract = snapshot.contracts.get(contractHash)!;
  if (call.kind === 'agent') return false;
  return contract.effect === 'none' ? contract.volatile === true : contract.repeatable === true;
}

/** An agent may call anything, so that it counts as an effect. */
const changes = ({ call, contractHash }: Judged, { snapshot }: Bench): boolean =>
  call.kind === 'agent' || snapshot.contracts.get(contractHash)!.effect !== 'none';

/**
 * Whether a round brought anything new: an effect or an agent's work that was not done before, or a read that says what
 * none of the earlier ones said.
 */
export function isFresh(facts: AgentFacts, round: number, snapshot: Snapshot): boolean {
  const before = new Set(evidenceOf(facts, (call) => call.call.round < round, snapshot));
  return evidenceOf(facts, (call) => call.call.round === round, snapshot).some((evidence) => !before.has(evidence));
}

function evidenceOf({ calls }: AgentFacts, fits: (call: CallFacts) => boolean, { contracts }: Snapshot): string[] {
  return calls.flatMap((one) => {
    const { call, state, resultHash, contractHash } = one;
    if (call.kind === 'model' || state !== 'succeeded' || !fits(one)) return [];
    const isEffect = call.kind === 'tool' && contracts.get(contractHash)?.effect !== 'none';
    return [isEffect ? `${call.name} ${call.hash}` : `result ${resultHash}`];
  });
}
