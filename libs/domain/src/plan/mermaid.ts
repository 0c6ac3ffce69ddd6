import type { PlanDocument } from './plan';
import { calleeOf } from './plan';
import type { PlanGraph } from './plan-graph';
import { PLAN_CHECK } from './plan-limits';

/** A plan as a Mermaid flow chart. Nodes are numbered, and labels escaped, so that no name can end its label. */
export function mermaidOf({ steps }: PlanDocument, graph: PlanGraph): string {
  const shown = steps.slice(0, PLAN_CHECK.PICTURE_STEPS_MAX);
  const nodes = shown.map((step, i) => `  s${i}["${escaped(step.id)}<br/>${escaped(calleeOf(step))}"]`);
  const edges = shown.flatMap((_step, i) => edgesInto(i, graph)).filter((edge) => edge.from < shown.length);
  const more = steps.length > shown.length ? [`  more["${steps.length - shown.length} more steps"]`] : [];
  return ['flowchart TD', ...nodes, ...edges.map(lineOf), ...more].join('\n');
}

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly isFallback: boolean;
}

const edgesInto = (to: number, { needs, fallbackOf }: PlanGraph): Edge[] =>
  needs[to]!.map((from) => ({ from, to, isFallback: fallbackOf[to] === from }));

const lineOf = ({ from, to, isFallback }: Edge): string =>
  isFallback ? `  s${from} -. fallback .-> s${to}` : `  s${from} --> s${to}`;

const escaped = (text: string): string =>
  [...text]
    .map((character) => (/[A-Za-z0-9 ._-]/.test(character) ? character : `#${character.codePointAt(0)};`))
    .join('');
