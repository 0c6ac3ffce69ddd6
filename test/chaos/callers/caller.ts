import { setTimeout as pause } from 'node:timers/promises';
import { hasEnded, type MusterClient, MusterProblem, needsAttention } from '@muster/client';
import type { Work } from '../work/random-work';
import type { Person } from './person';
import type { Submitter } from './submitter';

const WAIT_MS = 20_000;
const PAUSE_MS = 200;

/** What callers did beside submitting. */
export interface CallerFigures {
  submitted: number;
  repeated: number;
  forged: number;
  cancelled: number;
  ended: number;
}

/** Does one piece of work from its submission to its end, with whatever else is to be done about it. */
export class Caller {
  readonly figures: CallerFigures = { submitted: 0, repeated: 0, forged: 0, cancelled: 0, ended: 0 };

  constructor(
    private readonly client: MusterClient,
    private readonly submitter: Submitter,
    private readonly person: Person,
  ) {}

  /** Resolves when the task has ended; rejects when `signal` gives up on it. */
  async do(work: Work, signal: AbortSignal): Promise<void> {
    const taskId = await this.submit(work, signal);
    if (taskId === undefined) return;
    const shown = `tsk_${taskId}`;
    await Promise.all([this.follow(shown, signal), this.cancelLater(shown, work, signal)]);
    this.figures.ended++;
  }

  private async submit({ request, key, callers, ...work }: Work, signal: AbortSignal): Promise<string | undefined> {
    const together = Array.from({ length: callers }, () => this.submitter.submit(request, key, signal));
    const [taskId] = await Promise.all(together);
    this.figures.submitted++;
    this.figures.repeated += callers - 1;
    if (work.isRepeated) {
      await this.submitter.submit(request, key, signal);
      this.figures.repeated++;
    }
    if (work.isForged) {
      await this.submitter.submit({ ...request, labels: { forged: 'yes' } }, key, signal);
      this.figures.forged++;
    }
    return taskId;
  }

  private async follow(taskId: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const hasCome = await this.whileThereIsAnswer(async () => {
        const task = await this.client.tasks.get(taskId, { waitMs: WAIT_MS, signal });
        if (hasEnded(task)) return true;
        if (needsAttention(task)) await this.person.attend(taskId, signal);
        return false;
      });
      if (hasCome) return;
      await pause(PAUSE_MS, undefined, { signal });
    }
  }

  private async cancelLater(taskId: string, { cancelAfterMs }: Work, signal: AbortSignal): Promise<void> {
    if (cancelAfterMs === undefined) return;
    await pause(cancelAfterMs, undefined, { signal });
    for (;;) {
      signal.throwIfAborted();
      const isAnswered = await this.whileThereIsAnswer(async () => {
        await this.client.tasks.cancel(taskId, { reason: 'No longer wanted.' });
        this.figures.cancelled++;
        return true;
      });
      if (isAnswered) return;
      await pause(PAUSE_MS, undefined, { signal });
    }
  }

  /** Undefined where nobody answered, or only that it is not possible now: the services are being tormented. */
  private async whileThereIsAnswer(ask: () => Promise<boolean>): Promise<boolean | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof MusterProblem && error.status < 500) {
        // A task that has ended meanwhile cannot be cancelled.
        if (error.status === 409) return true;
        throw error;
      }
      return undefined;
    }
  }
}
