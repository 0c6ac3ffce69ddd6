import { gather, type MusterClient } from '@muster/client';
import { type DeskLine, effectsIn, openDeliveries } from './desk-log';
import type { Kill } from './verdict';

/** Kills the executor once, without warning, when half of the tickets are there and others are being worked on. */
export class Executioner {
  readonly kills: Kill[] = [];
  private wanted?: number;
  private striking = false;

  constructor(
    private readonly client: MusterClient,
    private readonly deskLines: readonly DeskLine[],
    private readonly failed: (fault: unknown) => void,
  ) {}

  /** How many tickets there will be; known once the pairs are. */
  expect(tickets: number): void {
    this.wanted = tickets;
    this.look();
  }

  look(): void {
    if (this.striking || !this.wanted) return;
    if (effectsIn(this.deskLines).length < this.wanted / 2 || openDeliveries(this.deskLines) === 0) return;
    this.striking = true;
    this.strike().catch(this.failed);
  }

  private async strike(): Promise<void> {
    const workers = await gather(this.client.workers());
    const executors = workers.filter((worker) => worker.service === 'executor' && worker.state === 'ready');
    for (const { pid } of executors) {
      const inFlight = openDeliveries(this.deskLines);
      process.kill(pid, 'SIGKILL');
      this.kills.push({ pid, inFlight, effectsBefore: effectsIn(this.deskLines).length });
    }
  }
}
