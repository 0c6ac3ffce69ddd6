import { compilePlan, type JsonObject, type PlanDocument, type StepDocument } from '@muster/domain';
import fc from 'fast-check';
import { CONTRACTS } from './contracts';
import type { WorldOptions } from './task.world';

const TOOLS = ['read', 'read', 'read', 'slow', 'record', 'pay', 'book', 'ship', 'mail'] as const;
const INPUT = { none: [], few: [1, 2, 3], many: [1, 2, 3, 4, 5, 6, 7], flag: true };
const LISTS = ['input.none', 'input.few', 'input.many', 'input.flag'] as const;

export interface RandomTask {
  readonly document: PlanDocument;
  readonly options: WorldOptions;
}

/** Mostly absent: a plan in which every step has everything has no two steps that could go together. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const aDrawnStep = fc.record({
  tool: fc.constantFrom(...TOOLS),
  needs: fc.array(fc.nat(), { maxLength: 3 }),
  isChained: fc.boolean(),
  when: seldom(fc.constantFrom('true', 'false', 'input.flag', 'input.missing', 'SEEN')),
  forEach: seldom(fc.record({ list: fc.constantFrom(...LISTS), maxParallel: fc.constantFrom(null, 1, 2, 3) })),
  check: seldom(fc.constant('true')),
  onFailure: fc.constantFrom('fail', 'fail', 'fail', 'continue', 'fallback'),
  fallback: fc.nat(),
  attempts: fc.integer({ min: 1, max: 3 }),
});
type DrawnStep = typeof aDrawnStep extends fc.Arbitrary<infer T> ? T : never;

/** Valid plans of every shape: chains that travel as runs, gates, lists, checks, fallbacks and chains of fallbacks. */
export const aRandomTask: fc.Arbitrary<RandomTask> = fc
  .record({
    drawn: fc.array(aDrawnStep, { minLength: 1, maxLength: 9 }),
    order: fc.infiniteStream(fc.nat()),
    completion: fc.constantFrom([], [], ['true']),
    output: fc.constantFrom(undefined, '${{ steps.s0.output }}', '${{ steps.s0.output.missing }}'),
    toolCalls: seldom(fc.integer({ min: 1, max: 20 })),
    deadlineMs: seldom(fc.integer({ min: 1_000, max: 100_000 })),
    room: fc.constantFrom(0, 1, 2, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  })
  .map(({ drawn, order, completion, output, toolCalls, deadlineMs, room }) => ({
    document: { steps: shuffled(stepsOf(drawn), order), completion, ...(output === undefined ? {} : { output }) },
    options: {
      input: INPUT,
      room,
      ...(toolCalls === null ? {} : { budget: { toolCalls } as JsonObject }),
      ...(deadlineMs === null ? {} : { deadlineMs }),
    },
  }))
  // Whoever stands behind a guarded step may not be what its fallback waits for; the rules know it as a cycle.
  .filter(({ document }) => compilePlan(document, CONTRACTS).ok);

function stepsOf(drawn: readonly DrawnStep[]): StepDocument[] {
  const standIns = new Set<number>();
  return drawn.map((step, rank) => stepOf(step, rank, drawn, standIns));
}

/** Needs point to earlier ranks and fallbacks to later ones, so that nothing waits for itself. */
function stepOf(step: DrawnStep, rank: number, drawn: readonly DrawnStep[], standIns: Set<number>): StepDocument {
  const needs = rank === 0 ? [] : step.isChained ? [`s${rank - 1}`] : step.needs.map((need) => `s${need % rank}`);
  const when = step.when === 'SEEN' ? (rank === 0 ? 'true' : `steps.s${rank - 1}.output == 1`) : step.when;
  return {
    id: `s${rank}`,
    tool: step.tool,
    needs: [...new Set(needs)],
    retry: { maxAttempts: step.attempts },
    ...(when === null ? {} : { when }),
    ...(step.forEach === null ? {} : { forEach: step.forEach.list }),
    ...(step.forEach?.maxParallel ? { maxParallel: step.forEach.maxParallel } : {}),
    ...(step.check === null ? {} : { check: step.check }),
    ...onFailureOf(step, rank, drawn, standIns),
  };
}

function onFailureOf(step: DrawnStep, rank: number, drawn: readonly DrawnStep[], standIns: Set<number>) {
  if (step.onFailure === 'continue') return { onFailure: 'continue' as const };
  const later = drawn.flatMap((other, index) =>
    index > rank && other.forEach === null && !standIns.has(index) ? [index] : [],
  );
  if (step.onFailure !== 'fallback' || later.length === 0) return {};
  const standIn = later[step.fallback % later.length]!;
  standIns.add(standIn);
  return { onFailure: { fallback: `s${standIn}` } };
}

/** The order of the document says nothing about the order of the work. */
function shuffled(steps: readonly StepDocument[], order: Iterable<number>): StepDocument[] {
  const draws = order[Symbol.iterator]();
  const rest = [...steps];
  return steps.map(() => rest.splice((draws.next().value as number) % rest.length, 1)[0]!);
}
