import { isTerminal, TASK } from '@muster/domain';
import type { StandstillFacts } from '@muster/persistence';

/** One sentence for somebody who looks at three in the morning. */
export function summaryOf(facts: StandstillFacts): string {
  if (isTerminal(TASK, facts.state)) return endOf(facts);
  if (facts.withdrawal) return `The task is being withdrawn (${facts.withdrawal}); calls in flight are let go.`;
  if (facts.state === 'planning' || facts.state === 'accepted') return 'The task waits for its plan.';
  const asked = facts.steps.find(({ condition }) => condition?.kind === 'person' && condition.permit !== undefined);
  if (asked) return `Step '${asked.key}' waits for a person to give a permit, or to deny it.`;
  const parked = facts.steps.filter((step) => step.state === 'parked');
  if (parked.length > 0) return needsPerson(parked.map((step) => step.key));
  if (facts.steps.length === 0)
    return 'Every step has ended; the task waits for the verdict on its completion criteria.';
  return moving(facts);
}

function endOf({ state, failure }: StandstillFacts): string {
  if (state === 'completed') return 'The task has completed; nothing waits.';
  return failure ? `The task has ended as ${state}: ${failure}` : `The task has ended as ${state}; nothing waits.`;
}

function needsPerson([first, ...others]: string[]): string {
  const rest = others.length > 0 ? `, and ${others.length} more steps,` : '';
  return `Step '${first}'${rest} waits for a person: no automatic move is safe.`;
}

function moving({ steps, openSteps }: StandstillFacts): string {
  const executing = steps.filter((step) => step.state === 'executing').length;
  const open = openSteps === 1 ? 'One step is' : `${openSteps} steps are`;
  if (executing === openSteps) return `The task is moving: ${open.toLowerCase()} being executed.`;
  if (executing > 0) return `The task is moving: ${open.toLowerCase()} open, ${executing} being executed.`;
  const paused = steps.find((step) => step.state === 'waiting');
  if (paused) return `${open} open; step '${paused.key}' waits for its time.`;
  return `${open} open; none is being executed at this moment.`;
}
