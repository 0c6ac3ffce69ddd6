import { Health } from '@muster/chassis';
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';

/** Those who wait at open connections. Their waiting ends with the connection, and when this process is told to stop. */
@Injectable()
export class Watchers {
  private readonly open = new Set<AbortController>();

  constructor(private readonly health: Health) {
    // Their connections would hold the door open.
    health.draining.addEventListener('abort', () => this.sendAway());
  }

  /** Runs `work` with a signal that falls when nobody listens any more, and when it is done. */
  async during<T>(response: Response, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const leave = (): void => controller.abort();
    this.open.add(controller);
    response.once('close', leave);
    if (this.health.draining.aborted) leave();
    try {
      return await work(controller.signal);
    } finally {
      response.off('close', leave);
      this.open.delete(controller);
      controller.abort();
    }
  }

  private sendAway(): void {
    for (const controller of this.open) controller.abort();
  }
}
