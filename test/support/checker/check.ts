import { Docket } from './docket';
import { artifactCounts, duplicateEffects, falseRecords } from './effect.rules';
import type { Testimony } from './evidence';
import { type Figures, figuresOf } from './figures';
import type { Finding } from './findings';
import { blindResends, changedBytes, splitSteps, strayRequests } from './sending.rules';
import { confusedKeys, lostSubmissions, tasksWithoutEnd } from './submission.rules';

const RULES: readonly ((docket: Docket) => Finding[])[] = [
  lostSubmissions,
  tasksWithoutEnd,
  confusedKeys,
  strayRequests,
  changedBytes,
  splitSteps,
  blindResends,
  duplicateEffects,
  falseRecords,
  artifactCounts,
];

/** The least that has to have happened for a run to prove anything, by what the figures call it. */
export type Least = Readonly<Partial<Record<CountName, number>>>;
type CountName = { [N in keyof Figures]: Figures[N] extends number ? N : never }[keyof Figures];

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly figures: Figures;
}

/** Pure: cross-examines what the sink saw, what the callers were told and what the database says. Held when nothing is found. */
export function check(testimony: Testimony, least: Least = {}): Verdict {
  const docket = new Docket(testimony);
  const figures = figuresOf(testimony);
  return { findings: [...RULES.flatMap((rule) => rule(docket)), ...tooLittle(figures, least)], figures };
}

function tooLittle(figures: Figures, least: Least): Finding[] {
  return (Object.entries(least) as [CountName, number][])
    .filter(([name, wanted]) => figures[name] < wanted)
    .map(([name, wanted]) => {
      const says = `There were ${figures[name]}, and less than ${wanted} prove nothing.`;
      return { rule: 'too-little', subject: name, says };
    });
}
