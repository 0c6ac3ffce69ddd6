import { once } from 'node:events';
import { Clock } from '@muster/chassis';
import { showId } from '@muster/domain';
import { HistoryReader, type TaskPulse, TaskReader } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { Lifecycle, type News } from '../../lifecycle/lifecycle.port';
import { DOOR_LIMITS } from '../door.limits';
import { notFound } from '../problems/problem';
import type { Accepted } from '../submission/task.intake';
import { Watchers } from './watchers';

/** Waits with a caller for what a task does next. */
@Injectable()
export class TaskWatch {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly tasks: TaskReader,
    private readonly history: HistoryReader,
    private readonly watchers: Watchers,
    private readonly clock: Clock,
  ) {}

  /**
   * Returns when the task has ended or needs attention, when `ms` have passed, or when the caller went away. A task that
   * was accepted right now is known to go on; what this process's own commits say of it needs no look either.
   */
  async untilSettled(tenantId: string, { taskId, isNew }: Accepted, ms: number, response: Response): Promise<void> {
    const end = this.clock.monotonicMs() + ms;
    let known: News = isNew ? 'goes-on' : 'unknown';
    await this.watchers.during(response, async (signal) => {
      for (;;) {
        const left = end - this.clock.monotonicMs();
        const news = this.news(taskId, left, signal);
        if (known === 'unknown') known = await this.look(tenantId, taskId);
        if (known === 'at-rest' || left <= 0 || signal.aborted) return;
        known = await news;
      }
    });
  }

  /** Sends the events behind `seen` as they come, each with its number as id, until the last one of an ended task. */
  async stream(tenantId: string, taskId: string, seen: number, response: Response): Promise<void> {
    await this.pulse(tenantId, taskId);
    response.writeHead(200, STREAM_HEADERS).flushHeaders();
    await this.watchers.during(response, async (signal) => {
      let last = seen;
      let spokenAt = this.clock.monotonicMs();
      while (!signal.aborted) {
        const news = this.news(taskId, DOOR_LIMITS.HEARTBEAT_MS, signal);
        const { hasEnded, eventSeq } = await this.pulse(tenantId, taskId);
        const before = last;
        last = await this.sendEvents(tenantId, taskId, last, response, signal);
        if (hasEnded && last >= eventSeq) break;
        if (last > before) spokenAt = this.clock.monotonicMs();
        await news;
        if (this.clock.monotonicMs() - spokenAt < DOOR_LIMITS.HEARTBEAT_MS) continue;
        await write(response, ': heartbeat\n\n', signal);
        spokenAt = this.clock.monotonicMs();
      }
    });
    response.end();
  }

  // Asked for before the row is read: whatever comes after the reading is news.
  private news(taskId: string, ms: number, signal: AbortSignal): Promise<News> {
    const most = Math.min(Math.max(0, ms), DOOR_LIMITS.LOOK_AGAIN_MS);
    return this.lifecycle.news(taskId, most, signal).catch((error: unknown) => {
      if (signal.aborted) return 'unknown';
      throw error;
    });
  }

  private async look(tenantId: string, taskId: string): Promise<News> {
    const { hasEnded, needsAttention } = await this.pulse(tenantId, taskId);
    return hasEnded || needsAttention ? 'at-rest' : 'goes-on';
  }

  private async pulse(tenantId: string, taskId: string): Promise<TaskPulse> {
    const pulse = await this.tasks.pulse(tenantId, taskId);
    if (!pulse) throw notFound(`task ${showId('task', taskId)}`);
    return pulse;
  }

  private async sendEvents(
    tenantId: string,
    taskId: string,
    after: number,
    response: Response,
    signal: AbortSignal,
  ): Promise<number> {
    let last = after;
    for (;;) {
      const page = await this.history.eventsAfter(tenantId, taskId, last, DOOR_LIMITS.EVENTS_AT_ONCE);
      const text = page.items.map((event) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`).join('');
      if (text && !signal.aborted) await write(response, text, signal);
      last = page.items.at(-1)?.seq ?? last;
      if (page.nextCursor === undefined || signal.aborted) return last;
    }
  }
}

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies that gather an answer before they pass it on would turn a live stream into a late one.
  'x-accel-buffering': 'no',
};

// A reader that is slower than the task holds the reading back, not the memory.
async function write(response: Response, text: string, signal: AbortSignal): Promise<void> {
  if (response.write(text)) return;
  await once(response, 'drain', { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
