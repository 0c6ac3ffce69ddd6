import { BOUNDS } from '../bounds';
import { type Finding, failed, passed } from './finding';

/** One answer to the question whether the effect is there. Times are milliseconds since 1970 on the database's clock. */
export interface ReadBack {
  readonly evidenceId: string;
  readonly beganAt: number;
  readonly finding: 'happened' | 'absent' | 'inconclusive';
}

export interface Settled {
  readonly settledAt: number;
  /** The contract's word on how long an effect may take to show. */
  readonly absentAfterMs?: number;
}

/** `undecided`: ask again, if anything at `again` (milliseconds from the last question's beginning). */
export type ReadBackJudgement =
  | { readonly kind: 'found'; readonly finding: Finding }
  | { readonly kind: 'undecided'; readonly againInMs: number };

/**
 * Judges every read-back so far, in the order they began. "Happened" is proof. "Absent" refutes the recorded success
 * only from a question that began when the effect must have been visible; before that, and where the contract does not
 * say when that is, it proves nothing.
 */
export function judgeReadBacks(answers: readonly ReadBack[], settled: Settled): ReadBackJudgement {
  const happened = answers.find((answer) => answer.finding === 'happened');
  if (happened) return found(passed('read-back', 'The tool shows the effect.', [happened.evidenceId]));
  const provenFrom =
    settled.absentAfterMs === undefined ? Number.POSITIVE_INFINITY : settled.settledAt + settled.absentAfterMs;
  const phantom = answers.find((answer) => answer.finding === 'absent' && answer.beganAt > provenFrom);
  if (phantom)
    return found(
      failed('read-back', 'phantom_success', 'The tool answered success, but shows no effect when it is asked.', [
        phantom.evidenceId,
      ]),
    );
  if (isExhausted(answers, settled)) return found(inconclusive(answers));
  return { kind: 'undecided', againInMs: pause(answers, provenFrom) };
}

const found = (finding: Finding): ReadBackJudgement => ({ kind: 'found', finding });

// Before the bound every answer is early; only what came after it counts as silence.
function isExhausted(answers: readonly ReadBack[], { settledAt, absentAfterMs }: Settled): boolean {
  if (absentAfterMs === undefined) return answers.length >= BOUNDS.READ_BACK_INCONCLUSIVE_MAX;
  return answers.filter((answer) => answer.beganAt > settledAt + absentAfterMs).length >= BOUNDS.READ_BACK_SILENT_MAX;
}

function inconclusive(answers: readonly ReadBack[]): Finding {
  const message = `The read-back was inconclusive after ${answers.length} tries; the tool’s own answer stands.`;
  return {
    ...passed(
      'read-back',
      message,
      answers.map((answer) => answer.evidenceId),
    ),
    inconclusive: true,
  };
}

// Exactly when "absent" begins to mean something is the best moment to ask.
function pause(answers: readonly ReadBack[], provenFrom: number): number {
  const usual = Math.min(
    BOUNDS.READ_BACK_PAUSE_MS_MAX,
    BOUNDS.READ_BACK_PAUSE_MS_MIN * 2 ** Math.max(0, answers.length - 1),
  );
  const last = answers.at(-1);
  const untilProof = last ? provenFrom - last.beganAt + 1 : Number.POSITIVE_INFINITY;
  return untilProof > 0 && untilProof < usual ? untilProof : usual;
}
