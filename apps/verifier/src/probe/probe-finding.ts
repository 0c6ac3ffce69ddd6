import { evaluate, type JsonObject, type JsonValue, type ProbeContract } from '@muster/domain';

/** A complete answer to a probe, or why there is none. `body` is undefined where it is no JSON. */
export type ProbeAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: JsonValue | undefined;
    }
  | { readonly kind: 'silent'; readonly reason: string };

export interface ProbeFinding {
  readonly finding: 'happened' | 'absent' | 'inconclusive';
  /** The operation's output where it happened: the exact bytes that become its answer. */
  readonly body?: Buffer;
  readonly detail: JsonObject;
}

// An answer of the doorkeeper, or "not now", says nothing about the operation. Believing "absent" of it could send an
// effect a second time, so it takes an answer of the thing itself.
const NO_WORD_STATUSES: readonly number[] = [401, 403, 407, 408, 425, 429];

/** What a probe's answer says, by the contract's own expressions. In doubt it says nothing. */
export function findingOf(probe: ProbeContract, answer: ProbeAnswer): ProbeFinding {
  if (answer.kind === 'silent') return inconclusive({ reason: answer.reason });
  const { status } = answer;
  if (status < 200 || (status >= 300 && status < 400) || status >= 500 || NO_WORD_STATUSES.includes(status)) {
    return inconclusive({ status, reason: `status ${status} says nothing about the operation` });
  }
  const response = { status, headers: { ...answer.headers }, body: answer.body ?? null };
  const happened = evaluate(probe.happened, { response });
  if (!happened.ok) return unreadable(answer, status, `happened: ${happened.message}`);
  if (happened.value === false) return { finding: 'absent', detail: { status } };
  if (happened.value !== true) return inconclusive({ status, reason: 'happened is neither true nor false' });
  return withOutput(probe, response, status);
}

function withOutput(probe: ProbeContract, response: JsonObject, status: number): ProbeFinding {
  if (probe.output === undefined) return { finding: 'happened', body: Buffer.from('null'), detail: { status } };
  const output = evaluate(probe.output, { response });
  if (!output.ok)
    return inconclusive({ status, reason: `it happened, but its output cannot be read: ${output.message}` });
  return { finding: 'happened', body: Buffer.from(JSON.stringify(output.value)), detail: { status } };
}

const unreadable = (answer: ProbeAnswer & { kind: 'answered' }, status: number, reason: string): ProbeFinding =>
  inconclusive({ status, reason: answer.body === undefined ? `${reason} (the body is no JSON)` : reason });

const inconclusive = (detail: JsonObject): ProbeFinding => ({ finding: 'inconclusive', detail });
