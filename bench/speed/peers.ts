/** Every peer that run.sh runs when it is asked for all of them, but for its figures of the machine alone. */
export const PEERS = ['restate', 'dbos', 'dbos-queue', 'graphile', 'bullmq', 'openworkflow', 'langgraph'] as const;
