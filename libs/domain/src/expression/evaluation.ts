import type { JsonValue } from '../json';
import { LIMITS } from '../limits';
import { ExpressionError } from './expression-error';
import type { Scope } from './scope';

/**
 * The time limit as work: about what one core does in a millisecond. Work is counted instead of time because a replay
 * must end as the first run did, and a process that was merely slow, or stopped, must not fail anybody's step.
 */
const COST_PER_MS = 5_000;
const COST_MAX = LIMITS.EXPRESSION_TIME_MS_MAX * COST_PER_MS;

// Made once: `&&`, `||`, `all` and `exists` catch errors and go on, so that a spent evaluation throws at every item.
const SPENT = new ExpressionError('The expression takes too much work; walk smaller lists or split the step.');

interface Evaluation {
  readonly scope: Scope;
  /** Objects and lists already converted, so that a loop does not convert what it looks at again and again. */
  readonly converted: Map<object, unknown>;
  costLeft: number;
}

// Evaluation is synchronous and never nests, so there is one at a time.
let running: Evaluation | undefined;

/** The evaluation under way. */
export function current(): Evaluation {
  if (running === undefined) throw new Error('Nothing is being evaluated.');
  return running;
}

export function charge(cost: number): void {
  const evaluation = current();
  evaluation.costLeft -= cost;
  if (evaluation.costLeft < 0) throw SPENT;
}

/** Runs `work` over a scope with a fresh allowance. Throws when it is spent, even where the expression caught that. */
export function runWith(scope: Scope, work: () => JsonValue): JsonValue {
  const evaluation: Evaluation = { scope, converted: new Map(), costLeft: COST_MAX };
  running = evaluation;
  try {
    const value = work();
    if (evaluation.costLeft < 0) throw SPENT;
    return value;
  } finally {
    running = undefined;
  }
}
