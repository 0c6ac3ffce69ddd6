/** What the programs of this folder load, each in a module graph of its own (module-graph.mjs). */
export { add, lacksOf, NOTHING, runSchedules } from './campaign';
export { THEMES } from './mix';
export { MUTANTS } from './mutants';
export { REGRESSIONS, SEED_STRIDE, SEEDS_TRIED } from './regressions';
export { reportOf } from './report';
export { run, scenarioOf } from './schedule';
export { kindOf } from './shrink';
