import fc from 'fast-check';
import { hashJson } from '../canonical-json';
import type { JsonValue } from '../json';
import { ContractMissingFault, compilePlanBody } from './compile-plan';
import type { CompiledPlan } from './plan';
import { aPlan, aStep, compiled, SHELF } from './plan.fixture';
import { runFrom } from './runs';

const BY_HASH = new Map([...SHELF.values()].map((contract) => [contract.hash, contract]));

describe('a compiled plan', () => {
  const plan = compiled({
    ...aPlan(
      aStep('three', { needs: ['two'], input: { a: '${{ steps.two.output.sum }}', b: '${{ steps.one.output.sum }}' } }),
      aStep('one', { input: { a: '${{ input.start }}' } }),
      aStep('two', {
        tool: 'tickets.find',
        when: 'steps.one.output.sum > 0',
        check: 'output.sum == steps.one.output.sum',
      }),
      aStep('each', {
        forEach: '${{ steps.two.output.list }}',
        as: 'x',
        maxParallel: 3,
        input: { x: '${{ x.y }}' },
        onFailure: 'continue',
        retry: { maxAttempts: 2 },
        timeoutMs: 5,
      }),
    ),
    completion: ['steps.three.output.sum == 112'],
    output: { all: '${{ steps.each.outputs }}' },
  });

  it('knows what each step waits for and reads, by index', () => {
    expect(plan.steps.map(({ needs, dependants }) => [needs, dependants])).toEqual([
      [[1, 2], []],
      [[], [0, 2]],
      [[1], [0, 3]],
      [[2], []],
    ]);
    expect(plan.steps[0]!.inputReads).toEqual([1, 2]);
    expect(plan.steps[2]!).toMatchObject({ gateReads: [1], checkReads: [1], inputReads: [] });
    expect([plan.completionReads, plan.outputReads]).toEqual([[0], [3]]);
    expect(plan.indexOf.get('each')).toBe(3);
  });

  it("takes the contract's word where the step has none", () => {
    expect(plan.steps[3]).toMatchObject({
      effect: 'none',
      lane: 'default',
      onFailure: 'continue',
      timeoutMs: 5,
      retry: { maxAttempts: 2, backoffMs: 200 },
      needsVerdict: false,
    });
    expect(plan.steps[2]).toMatchObject({ needsVerdict: true, timeoutMs: 30_000, as: 'item' });
  });

  it('is hashed with the contracts it was checked against', () => {
    expect(plan.hash).toBe(hashJson(plan.body as unknown as JsonValue));
    expect(plan.body.pins).toEqual({
      echo: { version: '1', hash: 'hash of echo' },
      'tickets.find': { version: '1', hash: 'hash of tickets.find' },
    });
  });

  it('comes out the same from its stored body', () => {
    const stored = JSON.parse(JSON.stringify(plan.body));

    expect(compilePlanBody(stored, BY_HASH)).toEqual(plan);
    expect(() => compilePlanBody(stored, new Map())).toThrow(ContractMissingFault);
  });
});

/** Random acyclic plans: each step needs some of those that come before it in a hidden order, shuffled in the document. */
const aRandomPlan = fc.integer({ min: 1, max: 12 }).chain((size) =>
  fc
    .tuple(
      fc.shuffledSubarray(
        Array.from({ length: size }, (_, i) => i),
        { minLength: size },
      ),
      fc.array(fc.record({ needs: fc.array(fc.nat()), kind: fc.nat(9), lane: fc.boolean() }), {
        minLength: size,
        maxLength: size,
      }),
    )
    .map(([order, drawn]) =>
      aPlan(
        ...order.map((rank) => {
          const { needs, kind, lane } = drawn[rank]!;
          const before = rank === 0 ? [] : needs.slice(0, 2).map((n) => `s${Math.max(0, rank - 1 - (n % 3))}`);
          return aStep(`s${rank}`, {
            tool: lane ? 'mail.send' : 'echo',
            ...(kind < 3 ? { needs: before } : { input: { x: before.map((key) => `\${{ steps.${key}.output }}`) } }),
            ...(kind === 4 ? { when: 'true' } : {}),
            ...(kind === 5 ? { forEach: 'input' } : {}),
            ...(kind === 6 ? { check: 'true' } : {}),
            ...(kind === 7 ? { onFailure: 'continue' as const } : {}),
          });
        }),
      ),
    ),
);

describe('any plan', () => {
  it('compiles to the same thing every time, and from what is stored', () => {
    fc.assert(
      fc.property(aRandomPlan, (document) => {
        const plan = compiled(document);

        expect(compiled(JSON.parse(JSON.stringify(document)))).toEqual(plan);
        expect(compilePlanBody(JSON.parse(JSON.stringify(plan.body)), BY_HASH)).toEqual(plan);
      }),
    );
  });

  it('has a dependant for every need and a need for every dependant, and an order to run in', () => {
    fc.assert(
      fc.property(aRandomPlan, (document) => {
        const { steps } = compiled(document);
        const pairs = (of: (step: (typeof steps)[number]) => string[]) => steps.flatMap(of).sort();

        expect(pairs((step) => step.needs.map((need) => `${need}>${step.index}`))).toEqual(
          pairs((step) => step.dependants.map((dependant) => `${step.index}>${dependant}`)),
        );
        expect(topologicalOrder({ steps })).toHaveLength(steps.length);
      }),
    );
  });

  it('falls apart into runs, each step in exactly one', () => {
    fc.assert(
      fc.property(aRandomPlan, (document) => {
        const plan = compiled(document);

        const runs = runsOf(plan);

        expect(runs.flat().sort((a, b) => a - b)).toEqual(plan.steps.map((step) => step.index));
        for (const run of runs) expectChain(plan, run);
      }),
    );
  });
});

function topologicalOrder({ steps }: Pick<CompiledPlan, 'steps'>): number[] {
  const done = new Set<number>();
  for (let before = -1; before < done.size; ) {
    before = done.size;
    for (const step of steps) if (step.needs.every((need) => done.has(need))) done.add(step.index);
  }
  return [...done];
}

/** Dispatches as the coordinator does: whatever is ready and in no run yet starts one. */
function runsOf(plan: CompiledPlan): number[][] {
  const taken = new Set<number>();
  return topologicalOrder(plan).flatMap((index) => {
    if (taken.has(index)) return [];
    const run = runFrom(plan, index);
    for (const member of run) taken.add(member);
    return [run];
  });
}

function expectChain(plan: CompiledPlan, run: readonly number[]): void {
  run.slice(1).forEach((index, i) => {
    const step = plan.steps[index]!;
    const before = plan.steps[run[i]!]!;
    expect(step.needs).toEqual([before.index]);
    expect([step.lane, before.onFailure]).toEqual([before.lane, 'fail']);
    expect([step.when, step.forEach, step.fallbackOf]).toEqual([undefined, undefined, undefined]);
    expect([step.needsVerdict, before.needsVerdict, before.forEach]).toEqual([false, false, undefined]);
  });
}
