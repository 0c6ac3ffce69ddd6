import { Log } from '@muster/chassis';
import { Doorbells, type QueueDepth } from '@muster/messaging';
import { Injectable } from '@nestjs/common';
import { QueueBoard } from './queue-board';

/** How much waits in each queue. */
@Injectable()
export class QueueDepthReader {
  constructor(
    private readonly doorbells: Doorbells,
    private readonly board: QueueBoard,
    private readonly log: Log,
  ) {}

  /** None while the backend is away: the page says so, and everything else on it is true all the same. */
  async read(): Promise<readonly QueueDepth[]> {
    try {
      return await this.doorbells.depths(this.board.names);
    } catch (error) {
      this.log.debug('console.queues-away', { error });
      return [];
    }
  }
}
