import { EventEmitter } from 'node:events';
import { Log } from '@muster/chassis';
import { Database, type NamedSql } from '@muster/persistence';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { News } from './lifecycle.port';

/** How soon commits of other coordinators are noticed. */
const TASK_NEWS_POLL_MS = 250;

const REVISIONS: NamedSql = {
  name: 'task.revisions',
  text: 'select id, revision from task where id = any($1::uuid[])',
};

/** Tells who waits for a task that it has moved: at once for commits of this process, by a shared poll for others'. */
@Injectable()
export class TaskNews implements OnApplicationShutdown {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private readonly revisions = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  announce(taskId: string, news: News): void {
    this.emitter.emit(taskId, news);
  }

  /** The next word on the task; 'unknown' when `ms` have passed or the signal says so. */
  next(taskId: string, ms: number, signal?: AbortSignal): Promise<News> {
    return new Promise((resolve) => {
      const finish = (news: News): void => {
        clearTimeout(timer);
        this.emitter.off(taskId, finish);
        signal?.removeEventListener('abort', onAbort);
        if (this.emitter.listenerCount(taskId) === 0) this.revisions.delete(taskId);
        resolve(news);
      };
      const onAbort = (): void => finish('unknown');
      const timer = setTimeout(onAbort, ms);
      this.emitter.on(taskId, finish);
      signal?.addEventListener('abort', onAbort);
      this.timer ??= setTimeout(() => void this.poll(), TASK_NEWS_POLL_MS);
    });
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
    for (const taskId of this.emitter.eventNames()) this.announce(String(taskId), 'unknown');
  }

  private async poll(): Promise<void> {
    try {
      const watched = this.emitter.eventNames().map(String);
      const rows = await this.database.query<{ id: string; revision: number }>(REVISIONS, [watched]);
      for (const row of rows) this.compare(row);
    } catch (error) {
      this.log.warn('task-news.poll-failed', { error });
    }
    const goesOn = this.emitter.eventNames().length > 0;
    this.timer = goesOn ? setTimeout(() => void this.poll(), TASK_NEWS_POLL_MS) : undefined;
  }

  private compare({ id, revision }: { id: string; revision: number }): void {
    const known = this.revisions.get(id);
    this.revisions.set(id, revision);
    if (known !== undefined && known !== revision) this.announce(id, 'unknown');
  }
}
