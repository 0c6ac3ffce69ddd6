// Runs the kept scenarios of regressions.ts, each by the protocol as it is and by the mutant that has the defect again.
// Prints one line of JSON for each: what the one came to, and what the other was caught at.
import 'reflect-metadata';
import { ModuleGraph } from './module-graph.mjs';

const whole = new ModuleGraph();
const { MUTANTS, REGRESSIONS, SEED_STRIDE, SEEDS_TRIED } = whole.simulation();

for (const { name, mutant, scenario } of REGRESSIONS) {
  const { patches, finds } = MUTANTS.find((one) => one.name === mutant);
  const asItIs = findings(whole, scenario);
  const broken = findings(new ModuleGraph(patches), scenario).filter((finding) => finds.test(finding));
  console.log(JSON.stringify({ name, findings: asItIs, caught: broken.length, at: broken[0] }));
}

function findings(graph, scenario) {
  const { run } = graph.simulation();
  const seeds = Array.from({ length: SEEDS_TRIED }, (_, turn) => (scenario.seed + turn * SEED_STRIDE) >>> 0);
  return seeds.flatMap((seed) => run({ ...scenario, seed }).finding ?? []);
}
