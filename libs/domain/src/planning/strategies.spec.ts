import type { PlanDocument } from '../plan/plan';
import { compilePlan } from '../plan/plan-rules';
import { resolveContract } from '../tool-contract';
import { adviceFor, PATTERNS, PLAN_STRATEGIES } from './strategies';

const tool = (name: string) =>
  resolveContract(
    {
      name,
      version: '1',
      description: '',
      transport: { type: 'builtin', name: 'echo' },
      input: { type: 'object' },
      output: { type: 'object' },
      effect: 'none',
    },
    `hash of ${name}`,
  );
const TOOLS = new Map(['write', 'classify', 'split', 'join', 'tally', 'score'].map((name) => [name, tool(name)]));

describe('a strategy', () => {
  it.each(PLAN_STRATEGIES)('shows a planner a plan that breaks no rule: %s', (strategy) => {
    const verdict = compilePlan(PATTERNS[strategy].example as PlanDocument, TOOLS);

    expect(verdict).toMatchObject({ ok: true });
  });

  it('says nothing where none is asked for', () => {
    expect(adviceFor(undefined)).toBe('');
  });
});
