import { join } from 'node:path';
import type { ToolContract } from '@muster/domain';
import { aTool } from '../../../test/support/builders';
import { BENCH_LIMITS, type BenchTool } from './bench-tool';
import { STEP_TOOL } from './plans';

/** Whether steps that have no effect are called over HTTP too, as those that have one are. */
export const isStepOverHttp = process.env.MUSTER_BENCH_TOOL === 'http';

/** What the executor has to be told, so that it can call the driver's function: the driver's place, and the module over it. */
export const functionSettings = (): Record<string, string> =>
  isStepOverHttp
    ? {}
    : {
        EXECUTOR_FUNCTIONS: join(__dirname, 'functions.mjs'),
        MUSTER_BENCH_HARNESS: process.env.MUSTER_BENCH_HARNESS ?? '',
      };

/** The tool of a step without an effect: the driver's function in the executor's process, unless HTTP is asked for. */
export const stepContract = (overHttp: BenchTool): ToolContract =>
  isStepOverHttp
    ? overHttp.contract(STEP_TOOL)
    : aTool(STEP_TOOL, 'none', '', { ...BENCH_LIMITS, transport: { type: 'function' } });
