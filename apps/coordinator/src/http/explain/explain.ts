import type { ExplanationView, WaitView } from '@muster/contracts';
import { assertNever, isTerminal, type StepCondition, showId, TASK } from '@muster/domain';
import type { StandstillFacts, WaitingStep } from '@muster/persistence';
import { safetyOf } from './retry-safety';
import { summaryOf } from './summary';

/** What a step waits for, and what ends the waiting. */
interface Cause {
  readonly cause: string;
  readonly movesWhen: string;
}

/** Why a task does not move, what moves it, whether a retry is safe, and what a person can do; from what is stored. Pure. */
export function explainTask(facts: StandstillFacts): ExplanationView {
  const hasEnded = isTerminal(TASK, facts.state);
  return {
    taskId: showId('task', facts.taskId),
    state: facts.state,
    summary: summaryOf(facts),
    waitingFor: hasEnded ? [] : facts.steps.map((step) => waitOf(step, facts)),
  };
}

function waitOf(step: WaitingStep, facts: StandstillFacts): WaitView {
  const { isSafe, why } = safetyOf(step.operation);
  return {
    stepKey: step.key,
    stepState: step.state,
    ...(facts.withdrawal ? WITHDRAWN : causeOf(step)),
    since: step.operation?.endedAt ?? step.operation?.sentAt ?? step.startedAt,
    retrySafe: isSafe,
    retrySafeWhy: why,
    operationId: step.operation && showId('operation', step.operation.id),
    canDo: remediesOf(step, facts),
  };
}

const WITHDRAWN: Cause = {
  cause: 'The task was withdrawn; a call of this step is still in flight, or has just been let go.',
  movesWhen: 'The call has ended, or its sender is known to be gone.',
};

function causeOf(step: WaitingStep): Cause {
  const { condition } = step;
  if (!condition) return unsaid(step);
  switch (condition.kind) {
    case 'needs':
      return waitsForSteps(step);
    case 'window':
      return {
        cause: 'As many steps of this tenant are in flight as its window allows.',
        movesWhen: 'One of them ends.',
      };
    case 'slot':
      return {
        cause: 'As many items of its forEach are in flight as maxParallel allows.',
        movesWhen: 'One of them ends.',
      };
    case 'answer':
      return waitsForAnswer(step);
    case 'after':
      return { cause: `It follows '${condition.step}' in one run.`, movesWhen: `'${condition.step}' has succeeded.` };
    case 'retry':
      return waitsForRetry(condition);
    case 'probe':
      return waitsForProbe(condition);
    case 'breaker':
      return waitsForBreaker(condition);
    case 'items':
      return waitsForItems(condition);
    case 'agent':
      return waitsForCalls(condition);
    case 'verdict':
      return { cause: `The verifier has not spoken in round ${condition.round}.`, movesWhen: 'Its verdict is there.' };
    case 'person':
      return {
        cause: condition.message || condition.reason,
        movesWhen: condition.permit ? 'A person gives the permit, or denies it.' : SAID,
      };
    case 'none':
      return unsaid(step);
    default:
      return unknownKind(condition);
  }
}

const SAID = 'A person says what became of the operation.';

const unsaid = ({ state, dueAt }: WaitingStep): Cause => ({
  cause: `The step is ${state} and waits for nothing in particular.`,
  movesWhen: dueAt ? `The coordinator looks at it again at ${dueAt}.` : 'The coordinator looks at it again.',
});

// A coordinator of a later release may have written a condition that this one does not know.
function unknownKind(condition: never): Cause {
  const { kind } = condition as { kind?: unknown };
  if (kind === undefined) return assertNever(condition);
  return { cause: `It waits for '${String(kind)}'.`, movesWhen: 'That has come.' };
}

function waitsForSteps({ openNeeds }: WaitingStep): Cause {
  if (openNeeds.length === 0)
    return { cause: 'Its needs are being settled.', movesWhen: 'The coordinator has folded them.' };
  const named = openNeeds.slice(0, 5).map((key) => `'${key}'`);
  const rest = openNeeds.length > named.length ? ` and ${openNeeds.length - named.length} more` : '';
  return { cause: `It needs ${named.join(', ')}${rest}.`, movesWhen: 'Each of them has come to its end.' };
}

function waitsForAnswer({ state, operation, dueAt }: WaitingStep): Cause {
  if (state === 'executing' && operation) {
    return {
      cause: `An executor has sent the call (sending ${operation.sending}, at ${operation.sentAt}) and waits for the answer.`,
      movesWhen: 'The tool answers, its timeout passes, or the executor is gone.',
    };
  }
  const again = dueAt ? `; at ${dueAt} they are woken again` : '';
  return { cause: 'No executor has taken it yet.', movesWhen: `An executor has room for its tool${again}.` };
}

const waitsForRetry = ({ at, class: retryClass, attempt }: Of<'retry'>): Cause => ({
  cause: `Attempt ${attempt} comes after a pause (${retryClass}).`,
  movesWhen: `It is ${at}.`,
});

const waitsForProbe = ({ notBefore, reason, asked }: Of<'probe'>): Cause => ({
  cause: `Nobody knows whether the call took effect (${reason}); the verifier asks the tool${asked > 0 ? `, ${asked} times so far` : ''}.`,
  movesWhen: `The tool says what became of it; asked not before ${notBefore}.`,
});

const waitsForBreaker = ({ tool, until }: Of<'breaker'>): Cause => ({
  cause: `The breaker of '${tool}' is open: it failed too often. No attempt is spent.`,
  movesWhen: `The breaker lets a call through again, from ${until}.`,
});

const waitsForItems = ({ total, failed }: Of<'items'>): Cause => ({
  cause: `The ${total} items of its forEach have not all come to their end${failed > 0 ? `; ${failed} failed` : ''}.`,
  movesWhen: 'The last of them ends.',
});

const waitsForCalls = ({ round, calls }: Of<'agent'>): Cause => ({
  cause: `The agent is in round ${round}, with ${calls} calls so far; those of this round have not all ended.`,
  movesWhen: 'The last of them ends; each is a step of its own.',
});

type Of<K extends StepCondition['kind']> = Extract<StepCondition, { kind: K }>;

function remediesOf(step: WaitingStep, facts: StandstillFacts): string[] {
  const task = showId('task', facts.taskId);
  if (facts.withdrawal) return [];
  const cancel = `Withdraw the task: POST /v1/tasks/${task}/cancel {"reason": "…"}`;
  const permit = step.condition?.kind === 'person' ? step.condition.permit : undefined;
  if (permit) return [...permitRemedies(showId('permit', permit)), cancel];
  if (step.state !== 'parked' || !step.operation) return [cancel];
  const id = showId('operation', step.operation.id);
  const request = (outcome: string) => `POST /v1/operations/${id}/resolve {${outcome}, "evidence": {…}, "reason": "…"}`;
  return [
    `Look whether operation ${id} took effect at '${step.tool}': it carried this id as its Idempotency-Key.`,
    `It did: ${request('"outcome": "happened", "output": {…}')}`,
    `It did not, and never will: ${request('"outcome": "absent"')}; it is sent once more.`,
    cancel,
  ];
}

const permitRemedies = (id: string): string[] => [
  `Look at what is to be sent: GET /v1/permits/${id}`,
  `Let it go out, once: POST /v1/permits/${id}/grant {"reason": "…"}`,
  `Refuse it; the step fails: POST /v1/permits/${id}/deny {"reason": "…"}`,
];
