import type { PlanDocument } from '@muster/domain';
import { distributionOf } from '../../distribution';
import { chainPlan, type DagNode, dagPlan, STEP_TOOL } from '../adapter/plans';
import type { FloorProgram, FloorSetting } from './floor-program';
import { planOf, taskOf } from './floor-task';

/** What the driver measures, run by the floor's program. */
export interface FloorWorkload {
  readonly name: string;
  readonly metric: string;
  readonly better: 'lower' | 'higher';
  /** Of one round. */
  readonly steps: number;
  /** How often a round runs its chain, fan-out, graph or heap of chains. */
  readonly runs: number;
  /** The ways to do it, of which the best counts. */
  readonly settings: readonly FloorSetting[];
  warmUp(program: FloorProgram): Promise<void>;
  /** The figure of one round, in the unit of the comparison. */
  round(program: FloorProgram): Promise<number>;
}

/** The numbers of the driver. */
const CHAIN = 10;
const CHAINS = { one: 100, warm: 10 };
const SHORT_CHAIN = 5;
const SHORT_CHAINS = { whole: 2_000, quick: 500, warm: 100 };
const WIDTHS = [300, 2_000];
const FAN_OUT = { ms: 100, warm: 20, warmMs: 10 };
const SIZES = [1_000, 10_000];
const WARM_GRAPH = 200;
const LAYER = 100;

const ONE_STEP: readonly FloorSetting[] = [{ connections: 1, inFlight: 1, batchMax: 1 }];
/** The history of one task is one chain: its commits come one after the other, on one connection. */
const ONE_TASK: readonly FloorSetting[] = [
  { connections: 1, inFlight: 1, batchMax: 20_000 },
  { connections: 1, inFlight: 2, batchMax: 50 },
  { connections: 1, inFlight: 2, batchMax: 250 },
];
const MANY_TASKS: readonly FloorSetting[] = [
  { connections: 1, inFlight: 1, batchMax: 20_000 },
  { connections: 1, inFlight: 2, batchMax: 500 },
  { connections: 2, inFlight: 2, batchMax: 250 },
  { connections: 2, inFlight: 4, batchMax: 500 },
  { connections: 4, inFlight: 4, batchMax: 250 },
];

export function floorWorkloads(quick: boolean): FloorWorkload[] {
  return [
    oneChain(),
    manyChains(quick ? SHORT_CHAINS.quick : SHORT_CHAINS.whole),
    ...WIDTHS.map(fanOut),
    ...SIZES.slice(0, quick ? 1 : undefined).map(graph),
  ];
}

function oneChain(): FloorWorkload {
  const run = (program: FloorProgram): Promise<number> => timeOf(program, () => chainPlan(CHAIN));
  return {
    ...{ name: 'W1', metric: 'workflow_p50', better: 'lower', settings: ONE_STEP },
    ...{ steps: CHAINS.one * CHAIN, runs: CHAINS.one },
    warmUp: async (program) => void (await timesOf(CHAINS.warm, () => run(program))),
    round: async (program) => distributionOf(await timesOf(CHAINS.one, () => run(program))).p50,
  };
}

function manyChains(chains: number): FloorWorkload {
  const run = (program: FloorProgram, tasks: number) => timeOf(program, () => chainPlan(SHORT_CHAIN), tasks);
  const steps = chains * SHORT_CHAIN;
  return {
    ...{ name: 'W2', metric: 'steps_per_s_1w', better: 'higher', settings: MANY_TASKS, steps, runs: 1 },
    warmUp: async (program) => void (await run(program, SHORT_CHAINS.warm)),
    round: async (program) => (steps * 1_000) / (await run(program, chains)),
  };
}

function fanOut(width: number): FloorWorkload {
  return {
    ...{ name: 'W3', metric: `fanout_${width}_wall`, better: 'lower', settings: ONE_TASK, steps: width + 1, runs: 1 },
    warmUp: async (program) => void (await timeOf(program, () => fanOutOf(FAN_OUT.warm, FAN_OUT.warmMs))),
    round: (program) => timeOf(program, () => fanOutOf(width, FAN_OUT.ms)),
  };
}

function graph(size: number): FloorWorkload {
  return {
    ...{ name: 'W4', metric: `dag_${size}_wall`, better: 'lower', settings: ONE_TASK, steps: size, runs: 1 },
    warmUp: async (program) => void (await timeOf(program, () => dagPlan(layersOf(WARM_GRAPH)))),
    round: (program) => timeOf(program, () => dagPlan(layersOf(size))),
  };
}

/** From the plan's document to the commit of the last end, in milliseconds. */
async function timeOf(program: FloorProgram, document: () => PlanDocument, tasks = 1): Promise<number> {
  const began = performance.now();
  const plan = planOf(document());
  await program.run(Array.from({ length: tasks }, () => taskOf(plan)));
  return performance.now() - began;
}

async function timesOf(runs: number, run: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < runs; n++) times.push(await run());
  return times;
}

/** Steps in parallel and one that needs them all. */
function fanOutOf(width: number, ms: number): PlanDocument {
  const parts = Array.from({ length: width }, (_, n) => ({ id: `part${n}`, tool: STEP_TOOL, input: { n, ms } }));
  return { steps: [...parts, { id: 'join', tool: STEP_TOOL, needs: parts.map(({ id }) => id), input: { n: 0 } }] };
}

/** The driver's graph: node i of a layer needs nodes i and i + 1 of the layer before. */
function layersOf(size: number): DagNode[] {
  return Array.from({ length: size }, (_, n) => {
    const [layer, i] = [Math.floor(n / LAYER), n % LAYER];
    const deps = layer === 0 ? [] : [`n${layer - 1}_${i}`, `n${layer - 1}_${(i + 1) % LAYER}`];
    return { id: `n${layer}_${i}`, i, deps };
  });
}
