import {
  type CompiledStep,
  evaluate,
  type JsonValue,
  LIMITS,
  operationId,
  placeUnder,
  runFrom,
  type Scope,
} from '@muster/domain';
import { startAgent } from './agents';
import { foldDispatched } from './answers';
import { dispatch } from './dispatching';
import type { Draft } from './draft';
import { failExpression, failStep, skipStep, succeedStep } from './endings';
import { failureOf } from './failure';
import type { StepRow } from './snapshot';

/**
 * Consequences that one decision follows. Each level of the plan is two of them and may need two loads, which are
 * bounded; a long chain of steps that are all skipped by their gates is decided in several commits instead.
 */
const DEPTH_MAX = 12;

/** Every need of the step is met: it is gated, spread over its items, or sent on its way. */
export function arrive(draft: Draft, id: string): void {
  const step = draft.step(id);
  const compiled = draft.compiled(step);
  if (step.state === 'dispatched') return takeOver(draft, step);
  if (step.state !== 'pending' && step.state !== 'ready') return;
  if (step.parentId !== null) return begin(draft, step);
  if (draft.depth > DEPTH_MAX) return putOff(draft, step);
  const scope = scopeOf(draft, compiled.gateReads);
  if (compiled.when !== undefined && !passesGate(draft, step, compiled.when, scope)) return;
  if (compiled.forEach !== undefined) return expand(draft, step, compiled, scope);
  begin(draft, step);
}

const begin = (draft: Draft, step: StepRow): void =>
  step.kind === 'agent' ? startAgent(draft, step) : dispatch(draft, step);

/** Looked at next, right after this commit; past due from now on, so that it cannot be forgotten. */
function putOff(draft: Draft, step: StepRow): void {
  draft.change(step.id, { dueAt: draft.now });
  draft.followUps.push({ kind: 'look', stepId: step.id });
}

/** A later member of a run whose predecessor has ended: from here on it is swept for itself. */
function takeOver(draft: Draft, step: StepRow): void {
  if (step.condition.kind !== 'after') return;
  const head = draft.change(step.id, { condition: { kind: 'answer' }, dueAt: draft.now + LIMITS.ANSWER_DUE_MS });
  if (draft.operation(head)?.state === 'succeeded') requireRest(draft, head);
  draft.depth = 0;
  foldDispatched(draft, head);
}

/** The executor has gone on already, perhaps up to the run's end: then all of it is folded, and loaded in one go. */
function requireRest(draft: Draft, head: StepRow): void {
  const [, next, ...others] = runFrom(draft.snapshot.plan, head.planIndex);
  if (next !== undefined && !draft.snapshot.atIndex.has(next)) draft.stepsAt([next, ...others]);
}

/** `input` and the outputs of the steps that an expression reads. */
export function scopeOf(draft: Draft, reads: readonly number[]): Scope {
  const outputs = draft.outputs(reads);
  const steps = Object.fromEntries(
    [...outputs].map(([index, output]) => [draft.snapshot.plan.steps[index]!.key, { ...output }]),
  );
  return { input: draft.task.input, steps } as Scope;
}

/** False where the step ended here: skipped through its own `when`, or failed in it. */
function passesGate(draft: Draft, step: StepRow, when: string, scope: Scope): boolean {
  const result = evaluate(when, scope);
  if (!result.ok) failExpression(draft, step, 'when', result.message);
  else if (typeof result.value !== 'boolean') failExpression(draft, step, 'when', 'it is neither true nor false.');
  else if (!result.value) skipStep(draft, step, 'when', true);
  else return true;
  return false;
}

function expand(draft: Draft, step: StepRow, compiled: CompiledStep, scope: Scope): void {
  const result = evaluate(compiled.forEach!, scope);
  if (!result.ok) return failExpression(draft, step, 'forEach', result.message);
  if (!Array.isArray(result.value)) return failExpression(draft, step, 'forEach', 'it is no list.');
  const refusal = countRefusal(draft, result.value.length);
  if (refusal) return failStep(draft, step, failureOf(draft, step, refusal.code, 'definite', refusal.message));
  if (result.value.length === 0) return succeedStep(draft, step);
  startItems(draft, step, compiled, result.value);
}

function countRefusal(draft: Draft, items: number): { code: string; message: string } | undefined {
  const { steps, fanOut } = draft.task.budget;
  const refuse = (code: string, message: string) => ({ code, message: `${items} items ${message}` });
  if (items > LIMITS.FOR_EACH_ITEMS_MAX) {
    return refuse('too_many_items', `are more than the ${LIMITS.FOR_EACH_ITEMS_MAX} a forEach may have.`);
  }
  if (fanOut !== undefined && items > fanOut) {
    return refuse('budget_exceeded', `would exceed the budget of ${fanOut} for one forEach.`);
  }
  if (steps !== undefined && draft.task.stepsTotal + items > steps) {
    return refuse('budget_exceeded', `would exceed the budget of ${steps} steps.`);
  }
  return undefined;
}

function startItems(draft: Draft, step: StepRow, compiled: CompiledStep, values: readonly JsonValue[]): void {
  const rows = values.map((value, index) => ({
    row: itemRow(draft.surroundings.newId(), step, index),
    item: JSON.stringify(value),
  }));
  for (const item of rows) draft.addItem(item);
  draft.change(step.id, {
    state: 'waiting',
    waitingOn: rows.length,
    condition: { kind: 'items', total: rows.length, failed: 0 },
    dueAt: null,
    startedAt: draft.now,
  });
  draft.tell('step.expanded', { steps: { [step.key]: ['waiting', step.epoch] }, open: rows.map(({ row }) => row.key) });
  for (const { row } of rows.slice(0, compiled.maxParallel)) draft.follow({ kind: 'arrived', id: row.id });
}

function itemRow(id: string, parent: StepRow, index: number): StepRow {
  const key = `${parent.key}[${index}]`;
  return {
    ...parent,
    id,
    key,
    itemIndex: index,
    place: placeUnder(parent.place, index),
    parentId: parent.id,
    state: 'pending',
    epoch: 0,
    rings: 0,
    waitingOn: 0,
    needs: [],
    dependants: [],
    afterStep: null,
    operationId: operationId(parent.taskId, key, parent.planRevision),
    condition: { kind: 'slot' },
    attempts: {},
    dueAt: null,
  };
}
