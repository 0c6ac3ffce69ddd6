import { FAULTS, type ThemeName } from './mix';
import { PLANNED_AGAIN, run, scenarioOf } from './schedule';

export interface Failure {
  readonly seed: number;
  readonly finding: string;
}

/** What many schedules came to. */
export interface Summary {
  readonly schedules: number;
  readonly events: number;
  readonly effects: number;
  readonly struck: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

export const NOTHING: Summary = { schedules: 0, events: 0, effects: 0, struck: {}, failures: [] };

/** One schedule for each seed from `from` on. */
export function runSchedules(from: number, schedules: number, theme?: ThemeName): Summary {
  let events = 0;
  let effects = 0;
  const struck: Record<string, number> = {};
  const failures: Failure[] = [];
  for (let seed = from; seed < from + schedules; seed++) {
    const outcome = run(scenarioOf(seed, theme));
    events += outcome.events;
    effects += outcome.effects;
    for (const [fault, times] of Object.entries(outcome.struck)) struck[fault] = (struck[fault] ?? 0) + times;
    if (outcome.finding) failures.push({ seed, finding: outcome.finding });
  }
  return { schedules, events, effects, struck, failures };
}

export function add(a: Summary, b: Summary): Summary {
  const faults = [...new Set([...Object.keys(a.struck), ...Object.keys(b.struck)])].sort();
  return {
    schedules: a.schedules + b.schedules,
    events: a.events + b.events,
    effects: a.effects + b.effects,
    struck: Object.fromEntries(faults.map((fault) => [fault, (a.struck[fault] ?? 0) + (b.struck[fault] ?? 0)])),
    failures: [...a.failures, ...b.failures],
  };
}

const PER_SCHEDULE = { events: 30, effects: 1 };
const SCHEDULES_PER_FAULT = 1_000;

/** Where too little happened to prove anything: what is missing, a sentence each. */
export function lacksOf({ schedules, events, effects, struck }: Summary): string[] {
  const strikesMin = Math.ceil(schedules / SCHEDULES_PER_FAULT);
  const rare = [...FAULTS, PLANNED_AGAIN].filter((fault) => (struck[fault] ?? 0) < strikesMin);
  return [
    ...(schedules === 0 ? ['No schedule was run.'] : []),
    ...(events < schedules * PER_SCHEDULE.events ? [`${events} events are too few for ${schedules} schedules.`] : []),
    ...(effects < schedules * PER_SCHEDULE.effects
      ? [`${effects} effects are too few for ${schedules} schedules.`]
      : []),
    ...rare.map((fault) => `${fault} struck ${struck[fault] ?? 0} times in ${schedules} schedules.`),
  ];
}
