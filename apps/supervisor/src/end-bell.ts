import { Log } from '@muster/chassis';
import { AnswerBell, Doorbells, type QueueBackend } from '@muster/messaging';

/** Tells a coordinator whose end was reported: what they held goes on at once, and not with the next sweep. */
export class EndBell {
  private readonly doorbells: Doorbells;
  private readonly bell: AnswerBell;

  constructor(queues: QueueBackend) {
    // A ring that is lost costs the rest of a sweep's time: nothing that a person at a terminal has to hear of.
    this.doorbells = new Doorbells(queues, new Log('supervisor', 'silent'));
    this.bell = new AnswerBell(this.doorbells);
    // When it is needed somebody waits, and not for a connection to be made.
    void queues.ready();
  }

  ring(workers: readonly string[]): void {
    this.bell.ring('workers', workers);
  }

  close(): Promise<void> {
    return this.doorbells.onApplicationShutdown();
  }
}
