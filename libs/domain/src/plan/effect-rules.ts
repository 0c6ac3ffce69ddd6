import type { ResolvedContract } from '../tool-contract';
import { EFFECT_CLASSES } from '../tool-contract';
import type { Problem } from './plan';

/**
 * What a contract has to say before a step may rest on it. Contracts are held to this when they are registered; one that
 * an older release let through is met here, before anything is called.
 */
export function contractProblems(contract: ResolvedContract, pointer: string): Problem[] {
  const { name, effect, dedupeWindowMs, probe, maxConcurrency, retry } = contract;
  const problem = (code: string, message: string): Problem => ({ pointer, code, message: `'${name}' ${message}` });
  if (!EFFECT_CLASSES.includes(effect)) return [problem('no_effect_class', 'does not say what it does to the world.')];
  if (effect === 'keyed' && !(dedupeWindowMs && dedupeWindowMs > 0)) {
    return [problem('no_retry_rule', "is 'keyed' and does not say how long it refuses duplicates.")];
  }
  if (effect === 'probed' && !probe) {
    return [problem('no_retry_rule', "is 'probed' and does not say how to ask whether a call was done.")];
  }
  if (!(retry.maxAttempts >= 1)) return [problem('no_retry_rule', 'may never be tried.')];
  // A step that waits holds no slot, so that steps never wait for each other's; one slot is enough for any plan.
  return maxConcurrency >= 1
    ? []
    : [problem('no_room', 'allows no call at a time, so that its steps would wait for ever.')];
}
