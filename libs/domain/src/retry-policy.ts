import { createHash } from 'node:crypto';
import type { RetryPolicy } from './tool-contract';

/** How far a wait is moved from its middle, so that what failed together does not come back together. */
const JITTER = 0.2;

/** Doublings after which every policy has long reached its cap; keeps the power finite. */
const DOUBLINGS_MAX = 40;

/**
 * How long to wait after `attempt` (from 1) failed, in whole milliseconds: doubling from `backoffMs`, at most
 * `maxBackoffMs`, then moved by up to 20 %. The same seed gives the same wait, so that a decision can be replayed.
 */
export function backoffMs(policy: RetryPolicy, attempt: number, seed: string): number {
  const doublings = Math.min(Math.max(attempt, 1) - 1, DOUBLINGS_MAX);
  const middle = Math.min(policy.backoffMs * 2 ** doublings, policy.maxBackoffMs);
  return Math.round(middle * (1 - JITTER + 2 * JITTER * fractionOf(`${seed}\n${attempt}`)));
}

/** A number from 0 up to 1 that the text decides. */
const fractionOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
