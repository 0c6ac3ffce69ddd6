// Runs mutants against the simulation, one after the other, each in a module graph of its own. Prints one line of JSON
// for each: what was found and after how many schedules. Arguments: how many schedules a mutant may survive, then names.
import 'reflect-metadata';
import { ModuleGraph } from './module-graph.mjs';

const SCHEDULES_MAX = Number(process.argv[2]);
const wanted = new Set(process.argv.slice(3));
const { MUTANTS } = new ModuleGraph().load('test/simulation/mutants.ts');

for (const mutant of MUTANTS)
  if (wanted.size === 0 || wanted.has(mutant.name)) console.log(JSON.stringify(judge(mutant)));

function judge({ name, patches, finds }) {
  const { run, scenarioOf } = new ModuleGraph(patches).load('test/simulation/schedule.ts');
  const others = new Set();
  for (let seed = 0; seed < SCHEDULES_MAX; seed++) {
    const { finding } = run(scenarioOf(seed));
    if (finding && finds.test(finding)) return { name, finding, schedules: seed + 1, others: [...others] };
    if (finding) others.add(finding.slice(0, 100));
  }
  return { name, schedules: SCHEDULES_MAX, others: [...others].slice(0, 5) };
}
