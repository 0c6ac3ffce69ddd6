import { CALM, FAULTS, type Mix } from './mix';
import { run, type Scenario } from './schedule';
import { shrink } from './shrink';
import type { TraceLine } from './stage';

const ACTOR_WIDTH = 14;
const MS_WIDTH = 8;

/** A failing scenario made small, told line by line, and as it is kept in regressions.ts. */
export function reportOf(scenario: Scenario): string {
  const small = shrink(scenario, (one) => run(one).finding);
  return [
    `Seed ${scenario.seed}, made smaller:`,
    traceOf(small),
    '',
    'To be kept in test/simulation/regressions.ts:',
    literalOf(small),
  ].join('\n');
}

/** One line per event: milliseconds since the submission, who, what they did or saw. */
export function traceOf(scenario: Scenario): string {
  const trace: TraceLine[] = [];
  run(scenario, trace);
  return trace
    .map(({ at, actor, text }) => `${String(at).padStart(MS_WIDTH)}  ${actor.padEnd(ACTOR_WIDTH)}  ${text}`)
    .join('\n');
}

function literalOf({ seed, mix, one }: Scenario): string {
  return JSON.stringify({ seed, mix: onlyStruck(mix), case: one }, undefined, 2);
}

/** What a mix has beyond calm. */
function onlyStruck(mix: Mix): Partial<Mix> {
  const faults = FAULTS.filter((fault) => mix[fault] !== CALM[fault]).map((fault) => [fault, mix[fault]]);
  return { turns: mix.turns, unrest: mix.unrest, ...Object.fromEntries(faults) };
}
