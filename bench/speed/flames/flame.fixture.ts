import type { CpuProfile } from './flame';

const at = (functionName: string, url = '') => ({ functionName, url });

/**
 * A step is called by way of Node's queue, and calls pg twice over: 1 ms of its own, 2 ms in pg, 1 ms in what pg has Node
 * do. Then 4 ms of gc, 6 ms of idleness, and 1 ms that is one too late for the window.
 */
export const PROFILE: CpuProfile = {
  startTime: 1_000_000,
  nodes: [
    { id: 1, callFrame: at('(root)'), children: [2, 7, 8] },
    { id: 2, callFrame: at('processTicksAndRejections', 'node:internal/process/task_queues'), children: [3] },
    { id: 3, callFrame: at('run', '/r/dist/apps/executor/src/tools/http.tool.js'), children: [4] },
    { id: 4, callFrame: at('query', '/r/node_modules/pg/lib/client.js'), children: [5] },
    { id: 5, callFrame: at('bind', '/r/node_modules/pg-protocol/dist/serializer.js'), children: [6] },
    { id: 6, callFrame: at('write', 'node:net') },
    { id: 7, callFrame: at('(garbage collector)') },
    { id: 8, callFrame: at('(idle)') },
  ],
  samples: [3, 4, 5, 6, 7, 8, 3],
  timeDeltas: [1_000, 1_000, 1_000, 1_000, 4_000, 6_000, 1_000],
};
export const WINDOW = { from: 1_000_000, to: 1_014_000 };
