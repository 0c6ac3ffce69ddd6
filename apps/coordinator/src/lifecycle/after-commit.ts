import { EventEmitter } from 'node:events';
import { isTerminal, TASK } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { Doorbell } from '../dispatch/doorbell';
import { Window } from '../dispatch/window';
import type { Acceptance } from './accept';
import type { Decision } from './decision';
import type { News } from './lifecycle.port';
import type { Snapshot, StepRow, TaskRow } from './snapshot';
import { TaskNews } from './task-news';

/** What follows a commit: wake workers, tell who waits, keep the window's count. All of it may be lost without harm. */
@Injectable()
export class After {
  /** Emits `due` with the moment at which something written here wants to be looked at again. */
  readonly timers = new EventEmitter();

  constructor(
    readonly doorbell: Doorbell,
    private readonly news: TaskNews,
    readonly window: Window,
  ) {}

  accepted({ steps, rings, submission }: Acceptance): void {
    this.window.note(submission.tenantId, { dispatched: countOf(steps, 'dispatched'), ready: countOf(steps, 'ready') });
    this.doorbell.ring(rings);
  }

  committed(decision: Decision, snapshot: Snapshot): void {
    this.window.note(decision.task.tenantId, changeOf(decision, snapshot));
    this.doorbell.ring(decision.rings);
    this.news.announce(decision.task.id, newsOf(decision.task));
    const due = [decision.task.dueAt, ...decision.steps.map((step) => step.dueAt)].filter((at) => at !== null);
    if (due.length > 0)
      this.timers.emit(
        'due',
        due.reduce((a, b) => Math.min(a, b)),
      );
  }
}

const newsOf = ({ state, conditions }: TaskRow): News =>
  isTerminal(TASK, state) || conditions.some(({ type, status }) => type === 'NeedsAttention' && status)
    ? 'at-rest'
    : 'goes-on';

const countOf = (steps: readonly StepRow[], state: string): number =>
  steps.filter((step) => step.state === state).length;

function changeOf({ steps, items }: Decision, snapshot: Snapshot): { dispatched: number; ready: number } {
  const before = steps.flatMap((step) => snapshot.steps.get(step.id) ?? []);
  const after = [...steps, ...items.map(({ row }) => row)];
  return {
    dispatched: countOf(after, 'dispatched') - countOf(before, 'dispatched'),
    ready: countOf(after, 'ready') - countOf(before, 'ready'),
  };
}
