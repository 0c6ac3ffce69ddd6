import { Log } from '@muster/chassis';
import { Database } from '@muster/persistence';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { WITHDRAWN } from './operation.sql';

/** A call is let go well within the second that docs/api.md promises after a cancel's answer. */
const POLL_MS = 200;

interface Watched {
  readonly controller: AbortController;
  calls: number;
}

/** Watches the tasks whose calls are in flight here, and aborts those calls when their task is withdrawn. */
@Injectable()
export class Withdrawals implements OnApplicationShutdown {
  private readonly tasks = new Map<string, Watched>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  /** Runs `call` with a signal that aborts when the task is withdrawn or the process has to stop. */
  async watch<T>(taskId: string, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const watched = this.tasks.get(taskId) ?? { controller: new AbortController(), calls: 0 };
    this.tasks.set(taskId, watched);
    watched.calls += 1;
    this.schedule();
    try {
      return await call(watched.controller.signal);
    } finally {
      watched.calls -= 1;
      if (watched.calls === 0 && this.tasks.get(taskId) === watched) this.tasks.delete(taskId);
    }
  }

  /** Lets go of every call: the process is told to end, and its time is up. */
  abortAll(): void {
    for (const { controller } of this.tasks.values()) controller.abort(new Error('The process is stopping.'));
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.timer || this.stopped) return;
    this.timer = setTimeout(() => void this.poll(), POLL_MS);
  }

  private async poll(): Promise<void> {
    try {
      const rows = await this.database.query<{ id: string }>(WITHDRAWN, [[...this.tasks.keys()]]);
      for (const { id } of rows) this.tasks.get(id)?.controller.abort(new Error('The task was withdrawn.'));
    } catch (error) {
      this.log.warn('withdrawals.poll-failed', { error });
    }
    this.timer = undefined;
    if (this.tasks.size > 0) this.schedule();
  }
}
