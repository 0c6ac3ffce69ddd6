import { isStepOverHttp } from './adapter/step-tool';
import type { StepCost } from './cost/cost';
import { type StatementCost, statementTable } from './cost/statements';
import type { Comparison } from './goals';
import type { Origin } from './origin';
import { comparisonTable, costTable, type Share, shareTable } from './report';
import { peersIn, type Result, wordsOf } from './results';
import { markdown } from './table';

export interface Findings {
  readonly results: readonly Result[];
  readonly comparisons: readonly Comparison[];
  readonly costs: ReadonlyMap<number, StepCost>;
  readonly shares: readonly Share[];
  readonly statements: readonly StatementCost[];
}

const STEPS_OVER_HTTP = `- The driver's tool stands behind HTTP, class \`keyed\`, in the driver's process. The peers call it as a function in their
  worker: an exchange over HTTP a step is what Muster pays and they do not.`;
const STEPS_AS_FUNCTIONS = `- In W1 to W4 the executor calls the driver's function in its own process, as the peers do in their worker: transport
  \`function\`, class \`none\`, since it has no effect.`;

/** bench/RESULTS.md */
export function resultsPage({ results, comparisons, costs, shares, statements }: Findings, origin: Origin): string {
  const versions = [...peersIn(results)].map(([peer, version]) => `${peer} ${version}`);
  const words = wordsOf(results).map(({ peer, workload, value }) => `- ${peer}, ${workload}: ${value}.`);
  return `# Muster beside its peers

Measured side by side by \`${origin.command}\` at commit \`${origin.commit}\`, ${origin.at}, on ${origin.machine}:
${versions.join(', ')}. Each figure is the median of its rounds; compare ratios, for other machines give
other figures. The ratio is that to the best durable peer; \`bullmq-redis\` may lose the last second and is none.

![The comparison](results.svg)

${markdown(comparisonTable(comparisons, results))}
${words.length > 0 ? `\n${words.join('\n')}\n` : ''}
## How it was measured

- One driver measures everybody with the same workloads, one after the other, on one Postgres (\`fsync\` and
  \`synchronous_commit\` on, 512 MB of shared buffers) and one Redis (append-only, fsync every second).
- Muster runs as \`npm start\` runs it, each service a process of its own under the supervisor, with its default settings
  and BullMQ on Redis. There is no mode for benchmarks.
- It is used through its public API by its own SDK: a task is submitted and waited for; many are submitted in batches.
${isStepOverHttp ? STEPS_OVER_HTTP : STEPS_AS_FUNCTIONS}
- In W5 the executor is killed and started again by the supervisor. The peers' worker process is the one that holds the
  tool; Muster's tool stands behind HTTP
  in the driver's process, class \`keyed\`: it goes on, and honours its key.

## What a step costs

Steps of chains of 10, by tasks under way at a time; what sweeps and heartbeats spend while nothing is to be done is not
counted. Statements inside of others are triggers and foreign keys. CPU is that of coordinator, executor, verifier,
planner, Postgres and Redis. The tool stands behind HTTP, class \`keyed\`. The budgets are in [budgets.json](budgets.json).

${markdown(costTable(costs))}

The statements that Postgres worked on longest:

${markdown(statementTable(statements))}

## Who is busy

${markdown(shareTable(shares))}

\`client\` is the driver with what stands behind HTTP in it.
`;
}
