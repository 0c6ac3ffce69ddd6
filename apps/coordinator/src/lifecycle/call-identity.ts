import { canonicalJson, type JsonObject, type RequestedCall, sha256Hex } from '@muster/domain';
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
  /** Calls that one answer may ask for. */
  readonly fanOut: number;
  /** Key of the n-th call of this answer, from 0. */
  keyOf(n: number): string;
}

export const hashOf = (input: JsonObject | null): string => sha256Hex(canonicalJson(input));

/** The same call, answered by an earlier one where it is identical to one whose answer stands. */
export function answered(one: Judged, earlier: readonly Judged[], bench: Bench): Judged {
  const twin = one.call.refusal ? undefined : twinOf(one, earlier, bench);
  return twin === undefined ? one : { ...one, call: { ...one.call, answeredBy: twin } };
}

/** Key of the call whose answer stands for this one as well; `earlier` are those of the same answer. */
function twinOf(one: Judged, earlier: readonly Judged[], bench: Bench): string | undefined {
  const inAnswer = earlier.findIndex((other) => isIdentical(one.call, other.call) && !other.call.answeredBy);
  if (inAnswer >= 0) return isRepeatable(one, bench) ? undefined : bench.keyOf(inAnswer);
  return bench.facts.calls.find((call) => answers(call, one, bench))?.key;
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
export const changes = ({ call, contractHash }: Judged, { snapshot }: Bench): boolean =>
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
