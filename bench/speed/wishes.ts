import { parseArgs } from 'node:util';
import { PEERS } from './peers';

export const WORKLOADS = ['W1', 'W2', 'W3', 'W4', 'W5', 'COST'] as const;
/** The comparison is what is run unless another part is asked for. */
export type Part = 'comparison' | 'floors' | 'growth' | 'latency' | 'scale';
const OTHER_PARTS = ['floors', 'growth', 'latency', 'scale'] as const;

/** What the caller asked for. */
export interface Wishes {
  readonly part: Part;
  readonly workloads: readonly string[];
  readonly peers: readonly string[];
  readonly repeat: number;
  readonly quick: boolean;
}

export const USAGE = `usage: npm run bench -- [--workloads ${WORKLOADS.join(',')}] [--peers all | ${PEERS.join(',')}] [--repeat 3] [--quick]
       npm run bench -- --floors | --growth | --latency | --scale [--quick]

  --workloads  only these; COST is what a step costs, held against bench/budgets.json
  --peers      measures these as well, in the same run, on the same Postgres and Redis
  --repeat     rounds of each workload; the median counts
  --quick      one round and smaller numbers, in less than two minutes; writes no page
  --floors     what any ledger on Postgres could reach, beside the goals of bench/RESULTS.md (bench/FLOORS.md)
  --growth     large plans, long histories, full tables (bench/GROWTH.md)
  --latency    submissions, events and cancels at half of the most (bench/LATENCY.md)
  --scale      1, 2 and 4 executors with 1 and 2 coordinators (bench/SCALE.md), and a flame graph of each service (bench/flames)

A run of all workloads with peers writes bench/RESULTS.md and bench/results.svg.`;

/** Undefined where they cannot be understood. */
export function wishesFrom(args: readonly string[]): Wishes | undefined {
  const values = valuesFrom(args);
  if (!values) return undefined;
  const quick = values.quick ?? false;
  const parts = OTHER_PARTS.filter((part) => values[part]);
  const workloads = values.workloads?.split(',') ?? [...WORKLOADS];
  const peers = values.peers === 'all' ? [...PEERS] : (values.peers?.split(',') ?? []);
  const repeat = Number(values.repeat ?? (quick ? 1 : 3));
  const known = isPart(workloads, WORKLOADS) && isPart(peers, PEERS) && Number.isInteger(repeat) && repeat > 0;
  return known && parts.length < 2 ? { part: parts[0] ?? 'comparison', workloads, peers, repeat, quick } : undefined;
}

function valuesFrom(args: readonly string[]) {
  const [text, flag] = [{ type: 'string' } as const, { type: 'boolean' } as const];
  const parts = { floors: flag, growth: flag, latency: flag, scale: flag };
  const options = { workloads: text, peers: text, repeat: text, quick: flag, ...parts };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch {
    return undefined;
  }
}

const isPart = (names: readonly string[], of: readonly string[]): boolean => names.every((name) => of.includes(name));
