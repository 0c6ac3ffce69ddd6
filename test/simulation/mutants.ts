import type { ThemeName } from './mix';

/** A change of one product file: `from` stands there exactly once. */
export interface Patch {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A protocol that is broken on purpose, and what the oracle must find of it. */
export interface Mutant {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** Part of the finding that is its fault: another one would be luck. */
  readonly finds: RegExp;
  /** The kind of trouble that it takes, where it shows too seldom among all. */
  readonly theme?: ThemeName;
}

const LIFECYCLE = 'apps/coordinator/src/lifecycle';
const EXECUTOR = 'apps/executor/src';

/**
 * Broken protocols in the code that decides and sends; those in the statements are in statement-mutants.ts.
 */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the intent is written after the call',
    patches: [
      {
        file: `${EXECUTOR}/run.ts`,
        from: `    return yield* this.claim(work, request, admission.place);`,
        to: `    yield* ask<'call'>({ kind: 'call', work, request, sending: 1, place: admission.place, mayLeave: () => true });
    return yield* this.claim(work, request, admission.place);`,
      },
    ],
    finds: /leaves before any row intends it/,
  },
  {
    name: 'a step of a sub-plan that begins behind one that failed',
    patches: [
      {
        file: `${LIFECYCLE}/propagation.ts`,
        from: `release(draft, step, step.state === 'succeeded');`,
        to: `release(draft, step, true);`,
      },
    ],
    finds: /was sent before .* met its end/,
    theme: 'agents',
  },
  {
    name: 'a step of a sub-plan that waits for nobody',
    patches: [
      {
        file: `${LIFECYCLE}/agents.ts`,
        from: `else if (row.waitingOn === 0) draft.follow(`,
        to: `else draft.change(row.id, { waitingOn: 0 }), draft.follow(`,
      },
    ],
    finds: /was sent before .* met its end/,
    theme: 'agents',
  },
  {
    name: 'a sub-plan that repeats what an earlier one has done',
    patches: [
      {
        file: `${LIFECYCLE}/sub-plans.ts`,
        from: `  return changes(one, bench) || isAllBefore(needs, bench) ?`,
        to: `  return earlier.length < 0 ?`,
      },
    ],
    finds: /had an effect take place twice/,
    theme: 'agents',
  },
  {
    name: 'a goal that is planned again for ever',
    patches: [{ file: `${LIFECYCLE}/planning.ts`, from: `    task.planRevision < revisions &&\n`, to: '' }],
    finds: /would be plan \d+ of its goal/,
    theme: 'goals',
  },
  {
    name: 'a planner that does not wait for what is still under way',
    patches: [
      {
        file: `${LIFECYCLE}/task-end.ts`,
        from: `draft.task.openSteps > 0 || draft.task.withdrawal`,
        to: `(draft.task.openSteps > 0 && !(draft.task.failure && draft.task.state === 'running')) || draft.task.withdrawal`,
      },
    ],
    finds: /was begun before .* had ended/,
    theme: 'goals',
  },
  {
    name: 'a re-plan that renames operations',
    patches: [
      {
        file: `${LIFECYCLE}/revising.ts`,
        from: `if (more.length > 0) draft.relink(`,
        to: `if (more.length > 0) draft.change(id, { operationId: draft.surroundings.newId() });
    if (more.length > 0) draft.relink(`,
      },
    ],
    finds: /a new plan altered/,
  },
  {
    name: 'a re-plan that takes away what has begun',
    patches: [
      {
        file: 'libs/domain/src/planning/revise-plan.ts',
        from: `(standings[index] === 'begun' || (`,
        to: `(standings[index] === 'over' || (`,
      },
    ],
    finds: /has left the plan and goes on/,
  },
  {
    name: 'a stand-in that stays without the step it stands in for',
    patches: [
      {
        file: 'libs/domain/src/planning/revise-plan.ts',
        from: `, ...standInProblems(plan, kept, proposed)]`,
        to: `, ...standInProblems(plan, [], proposed)]`,
      },
    ],
    finds: /nothing will ever wake it/,
    theme: 'revisions',
  },
  {
    name: 'two plans that replace the same one',
    patches: [
      {
        file: `${LIFECYCLE}/revising.ts`,
        from: `revision.replaces !== task.planRevision`,
        to: `revision.replaces > task.planRevision`,
      },
    ],
    finds: /a plan made from revision/,
  },
  {
    name: 'an unknown outcome of an opaque call is taken for "not done"',
    patches: [
      {
        file: `${LIFECYCLE}/retrying.ts`,
        from: `  park(draft, step, operation, 'outcome_unknown', message);`,
        to: `  const state = { state: 'absent', resolver: 'coordinator', code: null, message } as const;
  foldAbsent(draft, step, draft.conclude(step, state));`,
      },
    ],
    finds: /held to be absent|sent again/,
  },
  {
    name: 'an unknown outcome of a probed call is sent again without asking',
    patches: [
      {
        file: `${LIFECYCLE}/retrying.ts`,
        from: `  probeNow(draft, step, operation);
}

function parkOpaque`,
        to: `  const state = { state: 'absent', resolver: 'probe', code: null, message: null } as const;
  foldAbsent(draft, step, draft.conclude(step, state));
}

function parkOpaque`,
      },
    ],
    finds: /held to be absent|sent again/,
  },
  {
    name: 'each sending has a key of its own',
    patches: [
      {
        file: `${EXECUTOR}/settlement.ts`,
        from: `operationId: showId('operation', work.operationId),`,
        to: `operationId: showId('operation', work.operationId) + sending,`,
      },
    ],
    finds: /^keyed \S+ took effect 2 times/,
  },
  {
    name: 'a probe that began too early is believed',
    patches: [
      {
        file: `${LIFECYCLE}/probing.ts`,
        from: `probe.finding === 'absent' && probe.beganAt > provenFrom`,
        to: `probe.finding === 'absent'`,
      },
    ],
    finds: /held to be absent|sent again/,
  },
  {
    name: 'an end that nobody saw counts as an end',
    patches: [
      {
        file: `${LIFECYCLE}/fate.ts`,
        from: `return recorded ?? snapshot.workers.get(workerId)?.endedAt ?? undefined;`,
        to: `return recorded ?? snapshot.workers.get(workerId)?.endedAt ?? 0;`,
      },
    ],
    finds: /held to be absent|sent again/,
  },
  {
    name: 'nobody rings a second time',
    patches: [
      {
        file: `${LIFECYCLE}/dispatching.ts`,
        from: `  ringRun(draft, [step.id, ...rest(draft, step)]);`,
        to: `  rest(draft, step);`,
      },
    ],
    finds: /comes to no end|ever wake it/,
  },
  {
    name: 'the sweep rings before it folds',
    patches: [
      {
        file: `${LIFECYCLE}/answers.ts`,
        from: `  if (operation && operation.epoch >= step.epoch) return foldAnswer(draft, step, operation);`,
        to: `  if (step.dueAt !== null && step.dueAt <= draft.now) return ringAgain(draft, step);
  if (operation && operation.epoch >= step.epoch) return foldAnswer(draft, step, operation);`,
      },
    ],
    finds: /comes to no end/,
  },
  {
    name: 'a late answer is dropped',
    patches: [
      {
        file: `${LIFECYCLE}/retrying.ts`,
        from: `sending.late && sending.outcome === 'succeeded',`,
        to: `sending.late && sending.outcome === 'nothing',`,
      },
    ],
    finds: /answer is known/,
    theme: 'haste',
  },
  {
    name: 'what stands behind a parked step is skipped',
    patches: [
      {
        file: `${LIFECYCLE}/parking.ts`,
        from: `  draft.park(step.id, { kind: 'person', reason, message, operationId: operation.id }, null);`,
        to: `  draft.park(step.id, { kind: 'person', reason, message, operationId: operation.id }, null);
  draft.follow({ kind: 'ended', id: step.id, met: false });`,
      },
    ],
    finds: /skipped/,
  },
  {
    name: 'the answer to an earlier dispatch moves the step',
    patches: [
      {
        file: `${LIFECYCLE}/answers.ts`,
        from: `  if (operation && operation.epoch >= step.epoch) return`,
        to: `  if (operation) return`,
      },
    ],
    finds: /./,
  },
  {
    name: 'a keyed call is sent again past its window',
    patches: [
      {
        file: `${LIFECYCLE}/retrying.ts`,
        from: `  if (nextTry(draft, step, operation, 'unknown') > windowEnd(draft, step, operation)) {`,
        to: `  if (windowEnd(draft, step, operation) < 0) {`,
      },
      {
        file: `${LIFECYCLE}/retrying.ts`,
        from: `  else if (operation.effect === 'keyed' && draft.now > windowEnd(draft, step, operation)) {`,
        to: `  else if (windowEnd(draft, step, operation) < 0) {`,
      },
      {
        file: `${EXECUTOR}/run.ts`,
        from: `resendWithinMs: dedupeWindowMs === undefined ?`,
        to: `resendWithinMs: dedupeWindowMs !== null ?`,
      },
    ],
    finds: /after its window|keyed \S+ took effect 2 times/,
  },
  {
    name: 'a process forgets what it sent when its run breaks',
    patches: [
      {
        file: 'libs/ledger/src/active-steps.ts',
        from: `this.ids.has(id) || (this.sent.get(id) ?? -1) >= epoch`,
        to: `this.ids.has(id) || (this.sent.get(id) ?? -1) > epoch`,
      },
    ],
    finds: /leaves a second time|held to be absent/,
    theme: 'brokenRuns',
  },
  {
    name: 'a process forgets what it sent when another dispatch of the step comes to nothing',
    patches: [
      {
        file: 'libs/ledger/src/active-steps.ts',
        from: `if (this.sent.get(id) === epoch) this.sent.delete(id);`,
        to: `if (this.sent.get(id) !== -epoch - 1) this.sent.delete(id);`,
      },
    ],
    finds: /leaves a second time|held to be absent/,
    theme: 'forgeries',
  },
  {
    name: 'the word of a person outweighs an answer that came late',
    patches: [
      {
        file: `${LIFECYCLE}/resolution.ts`,
        from: ` && !lateAnswer(draft, operation);`,
        to: `;`,
      },
    ],
    finds: /answer is known/,
    theme: 'haste',
  },
  {
    name: 'bytes leave however old the claim is',
    patches: [
      {
        file: `${EXECUTOR}/run.ts`,
        from: `    if (mayLeave()) return { work, request, sending, place, mayLeave };`,
        to: `    if (mayLeave() || sending > 0) return { work, request, sending, place, mayLeave };`,
      },
    ],
    finds: /ms after its claim was asked for/,
  },
  {
    name: 'a success is believed without a look',
    patches: [
      {
        file: `${LIFECYCLE}/success.ts`,
        from: `  if (operation.outputValid === true && !draft.compiled(step).needsVerdict) return`,
        to: `  if (operation.outputValid !== false || !draft.compiled(step).needsVerdict) return`,
      },
    ],
    finds: /succeeded without an effect|never took effect/,
  },
  {
    name: 'a withdrawn task ends while a call is in flight',
    patches: [
      {
        file: `${LIFECYCLE}/withdrawal.ts`,
        from: `  if (inFlight.length > 0) {`,
        to: `  if (inFlight.length > 1_000) {`,
      },
    ],
    finds: /ended while \S+ was sent/,
  },
  {
    name: 'a step that kills its workers is never set aside',
    patches: [
      {
        file: `${LIFECYCLE}/retrying.ts`,
        from: `  if ((step.attempts.worker_lost ?? 0) >= LIMITS.WORKER_LOSSES_MAX) {`,
        to: `  if ((step.attempts.worker_lost ?? 0) >= 1_000 * LIMITS.WORKER_LOSSES_MAX) {`,
      },
    ],
    finds: /lost \d+ workers/,
    theme: 'deadlySteps',
  },
  {
    name: 'a step fails over a call of which nobody knows',
    patches: [
      {
        file: `${LIFECYCLE}/parking.ts`,
        from: `  if (operation?.state === 'unknown' && operation.effect !== 'none') {`,
        to: `  if (operation?.state === 'unknown' && operation.effect === 'opaque') {`,
      },
    ],
    finds: /failed though nobody knows|held to be absent/,
    theme: 'doubt',
  },
];
