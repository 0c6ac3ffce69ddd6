import { PLANNER } from '@muster/domain';

/**
 * Every queue of the runtime. A message on one of them is a doorbell: it wakes somebody and names what to look at; it
 * carries no truth, so that losing, repeating or forging one costs at most a wasted read.
 */
export const QUEUES = {
  /** Jobs of other systems, signed (docs/api.md). */
  intake: 'muster-intake',
  planner: 'muster-planner',
  executor: 'muster-executor',
  verifier: 'muster-verifier',
  /** Answers: what the coordinator should look at again. */
  coordinator: 'muster-coordinator',
} as const;
export type QueueName = string;

export const DEFAULT_LANE = 'default';

/** The executor's queue of a lane: the default lane has the plain name. */
export const executorQueue = (lane: string): QueueName =>
  lane === DEFAULT_LANE ? QUEUES.executor : `${QUEUES.executor}-${lane}`;

/** Where the steps of a lane are rung: calls that make plans have a service of their own. */
export const queueOfLane = (lane: string): QueueName => (lane === PLANNER ? QUEUES.planner : executorQueue(lane));
