import type { PlanCheck } from '@muster/client';
import { type Paint, padTo, safe } from './paint';
import { table } from './table';
import { count } from './words';

/** What would become of a plan: what is wrong with it, or what it does, what it may cost, and how it looks. */
export function planCheckLines(found: PlanCheck, paint: Paint): string[] {
  const { problems, effects, permits, mermaid } = found;
  const verdict =
    problems.length === 0
      ? `${paint.good('✓')} The plan passes every rule.`
      : `${paint.bad('✗')} ${count(problems.length, 'problem')}: the plan would be refused.`;
  return [
    verdict,
    ...section(problemLines(found, paint)),
    ...section(effects.length === 0 ? [] : effectLines(found, paint)),
    ...section(permits.length === 0 ? [] : permitLines(found, paint)),
    ...section(budgetLines(found, paint)),
    ...section(mermaid.includes('\n') ? [paint.quiet('Picture (Mermaid)'), ...safe(mermaid).split('\n')] : []),
  ];
}

const section = (lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : ['', ...lines]);

function problemLines({ problems }: PlanCheck, paint: Paint): string[] {
  const width = Math.max(0, ...problems.map(({ pointer }) => pointer.length));
  const codes = Math.max(0, ...problems.map(({ code }) => code.length));
  return problems.map(({ pointer, code, message }) => {
    const place = paint.strong(padTo(safe(pointer) || '/', width));
    return `  ${place}  ${paint.quiet(padTo(safe(code), codes))}  ${safe(message)}`;
  });
}

const effectLines = ({ effects }: PlanCheck, paint: Paint): string[] =>
  table(
    effects,
    [
      { title: 'STEP', of: (one) => safe(one.step) },
      { title: 'CALLS', of: (one) => safe(one.tool) },
      { title: 'EFFECT', of: (one) => one.effect },
      { title: 'WHEN NOBODY KNOWS WHETHER IT WAS DONE', of: (one) => paint.quiet(safe(one.retry)) },
    ],
    paint,
  );

const permitLines = ({ permits }: PlanCheck, paint: Paint): string[] =>
  table(
    permits,
    [
      { title: 'WAITS FOR A PERSON', of: (one) => safe(one.step) },
      { title: 'BECAUSE', of: ({ because, tool }) => paint.quiet(safe(REASONS[because](tool))) },
    ],
    paint,
  );

const REASONS: Readonly<Record<PlanCheck['permits'][number]['because'], (tool: string) => string>> = {
  approval: () => 'it asks a question',
  step: (tool) => `the step wants a permit for its call of ${tool}`,
  contract: (tool) => `the contract of ${tool} wants a permit for every call`,
};

function budgetLines({ budget }: PlanCheck, paint: Paint): string[] {
  const parts = Object.entries(budget)
    .filter(([, most]) => most > 0)
    .map(([name, most]) => `${most} ${WORDS[name] ?? name}`);
  return parts.length === 0 ? [] : [`${paint.quiet('At most')}  ${parts.join(', ')}`];
}

const WORDS: Readonly<Record<string, string>> = {
  steps: 'steps',
  toolCalls: 'tool calls',
  fanOut: 'items of one forEach',
  modelCalls: 'model calls',
};
