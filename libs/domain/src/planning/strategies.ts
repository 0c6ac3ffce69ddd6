/**
 * How work may be divided, after "Building effective agents" (Anthropic, 2024). A planner that is given one of these is
 * shown its shape; which plan is accepted is for the rules of plans to say.
 */
export const PLAN_STRATEGIES = [
  'chaining',
  'routing',
  'sectioning',
  'voting',
  'orchestrator-workers',
  'evaluator-optimizer',
] as const;
export type PlanStrategy = (typeof PLAN_STRATEGIES)[number];

/** One agent with everything that is granted, and no plan: what many steps have to be better than. */
export const SINGLE_STRATEGY = 'single';
export const STRATEGIES = [...PLAN_STRATEGIES, SINGLE_STRATEGY] as const;
export type Strategy = (typeof STRATEGIES)[number];

interface Pattern {
  readonly advice: string;
  /** Over tools and agents that a reader knows at once; none of them need be there. */
  readonly example: {
    readonly steps: readonly object[];
    readonly completion?: readonly string[];
    readonly output?: unknown;
  };
}

/** The patterns with a plan for each, in which names stand for whatever is granted. */
export const PATTERNS: Readonly<Record<PlanStrategy, Pattern>> = {
  chaining: {
    advice:
      'Prompt chaining: one step after another, each working on what the one before gave, with a gate ("check") after each that stops the chain where the result is not good enough.',
    example: {
      steps: [
        { id: 'outline', tool: 'write', input: { text: '${{ input.topic }}' }, check: 'output.text != ""' },
        {
          id: 'draft',
          tool: 'write',
          input: { text: '${{ steps.outline.output.text }}' },
          check: 'size(output.text) > 3',
        },
        { id: 'polish', tool: 'write', input: { text: '${{ steps.draft.output.text }}' } },
      ],
      output: '${{ steps.polish.output.text }}',
    },
  },
  routing: {
    advice:
      'Routing: a first step says of which kind the input is; behind it one step for each kind, each with a "when", of which exactly one runs.',
    example: {
      steps: [
        { id: 'kind', tool: 'classify', input: { text: '${{ input.text }}' } },
        { id: 'refund', tool: 'write', when: 'steps.kind.output.label == "refund"', input: { text: 'refund' } },
        { id: 'other', tool: 'write', when: 'steps.kind.output.label != "refund"', input: { text: 'other' } },
      ],
    },
  },
  sectioning: {
    advice:
      'Parallel sections: parts that do not need each other are steps without "needs" between them, or one "forEach" over a list; a last step puts the parts together.',
    example: {
      steps: [
        { id: 'parts', tool: 'split', input: { text: '${{ input.text }}' } },
        { id: 'part', tool: 'write', forEach: 'steps.parts.output.list', as: 'one', input: { text: '${{ one }}' } },
        { id: 'whole', tool: 'join', input: { texts: '${{ steps.part.outputs.map(p, p.text) }}' } },
      ],
      output: '${{ steps.whole.output.text }}',
    },
  },
  voting: {
    advice:
      'Voting: the same question is put to three or five steps that do not see each other, each allowed to fail ("onFailure": "continue"); a last step counts, and a "completion" asks for a majority.',
    example: {
      steps: [
        { id: 'vote', tool: 'classify', forEach: '[1, 2, 3]', as: 'nth', input: { text: '${{ input.text }}' } },
        {
          id: 'count',
          tool: 'tally',
          input: { yes: '${{ size(steps.vote.outputs.filter(v, v.label == "yes")) }}' },
        },
      ],
      completion: ['steps.count.output.yes >= 2'],
    },
  },
  'orchestrator-workers': {
    advice:
      'Orchestrator and workers: a first step says what is to be done, as a list; a "forEach" over it does each part, with "maxParallel" as many at a time as is wise; a last step makes one result of all.',
    example: {
      steps: [
        { id: 'orders', tool: 'split', input: { text: '${{ input.text }}' } },
        {
          id: 'work',
          tool: 'write',
          forEach: 'steps.orders.output.list',
          as: 'order',
          maxParallel: 20,
          onFailure: 'continue',
          input: { text: '${{ order }}' },
        },
        {
          id: 'report',
          tool: 'join',
          input: { texts: '${{ steps.work.outputs.filter(w, w != null).map(w, w.text) }}' },
        },
      ],
      output: '${{ steps.report.output.text }}',
    },
  },
  'evaluator-optimizer': {
    advice:
      'Evaluator and optimizer: a draft, a judgement, and a second draft made with that judgement only "when" the first was not good enough; a third only when the second was better than the first (the progress guard: what brings nothing is not tried again). At most three rounds.',
    example: {
      steps: [
        { id: 'draft1', tool: 'write', input: { text: '${{ input.topic }}' } },
        { id: 'judge1', tool: 'score', input: { text: '${{ steps.draft1.output.text }}' } },
        {
          id: 'draft2',
          tool: 'write',
          when: 'steps.judge1.output.score < 8',
          input: { text: '${{ steps.draft1.output.text }}' },
        },
        {
          id: 'judge2',
          tool: 'score',
          when: 'steps.draft2.state == "succeeded"',
          input: { text: '${{ steps.draft2.output.text }}' },
        },
        {
          id: 'draft3',
          tool: 'write',
          when: 'steps.judge2.state == "succeeded" && steps.judge2.output.score < 8 && steps.judge2.output.score > steps.judge1.output.score',
          input: { text: '${{ steps.draft2.output.text }}' },
        },
      ],
    },
  },
};

/** What a planner is told beside its instructions. */
export function adviceFor(strategy: PlanStrategy | undefined): string {
  if (strategy === undefined) return '';
  const { advice, example } = PATTERNS[strategy];
  return `\n\nUse this pattern: ${advice}\nIts shape, with names that stand for what is granted to you: ${JSON.stringify(example)}`;
}
