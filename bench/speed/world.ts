import type { Muster } from '../../test/support/muster';
import { BenchTool } from './adapter/bench-tool';
import { STEP_TOOL } from './adapter/plans';
import { startFleet, stopFleet } from './fleet';
import { driversTool } from './harness';
import type { Servers } from './servers';

/** The services with the tool that they call, on servers that somebody else started. */
export interface World {
  readonly muster: Muster;
  readonly tool: BenchTool;
  readonly servers: Servers;
}

export interface WorldOptions {
  readonly invariants?: boolean;
  /** Settings of the services past their own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the services, does the work, asks every invariant unless told not to, and stops them. */
export async function inWorld<T>(
  servers: Servers,
  work: (world: World) => Promise<T>,
  { invariants = true, env = {} }: WorldOptions = {},
): Promise<T> {
  const [muster, tool] = await Promise.all([startFleet(env), BenchTool.start(await driversTool())]);
  let held = false;
  try {
    await muster.register(tool.contract(STEP_TOOL));
    const done = await work({ muster, tool, servers });
    held = invariants;
    return done;
  } finally {
    await stopFleet(muster, { invariants: held });
    await tool.stop();
  }
}
