// Runs mutants against the simulation, one after the other, each in a module graph of its own, and the protocol as it is
// under the same seeds. Prints one line of JSON for each: what was found and after how many schedules, and what the
// protocol as it is came to. Arguments: how many schedules a mutant may survive, then names.
//
//   node test/simulation/judge-mutants.mjs 3000 ['a late answer is dropped' ...]
import 'reflect-metadata';
import { ModuleGraph } from './module-graph.mjs';

const SCHEDULES_MAX = Number(process.argv[2]);
const wanted = new Set(process.argv.slice(3));
const whole = new ModuleGraph();
const { MUTANTS, runSchedules } = whole.simulation();

for (const mutant of MUTANTS)
  if (wanted.size === 0 || wanted.has(mutant.name)) console.log(JSON.stringify(judge(mutant)));

function judge({ name, patches, finds, theme }) {
  const { run, scenarioOf } = new ModuleGraph(patches).simulation();
  const others = new Set();
  for (let seed = 0; seed < SCHEDULES_MAX; seed++) {
    const { finding } = run(scenarioOf(seed, theme));
    if (finding && finds.test(finding))
      return { name, finding, schedules: seed + 1, others: [...others], control: control(seed + 1, theme) };
    if (finding) others.add(finding.slice(0, 100));
  }
  return { name, schedules: SCHEDULES_MAX, others: [...others] };
}

/** What the protocol as it is comes to under these seeds: nothing, or what a mutant would be blamed for wrongly. */
function control(schedules, theme) {
  return runSchedules(0, schedules, theme).failures;
}
