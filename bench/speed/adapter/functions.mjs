// Loaded by the executor (EXECUTOR_FUNCTIONS): the driver's own function, called where the peers call it, in the worker's
// process.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { effectTool } = await import(pathToFileURL(join(process.env.MUSTER_BENCH_HARNESS, 'lib/common.mjs')).href);

export const functions = {
  'bench.step': ({ id = '', n, ms = 0 }) => effectTool(undefined, id, n, ms),
};
