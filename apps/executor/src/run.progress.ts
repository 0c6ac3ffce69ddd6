import type { AnswerBell } from '@muster/messaging';

/** A long run tells the coordinator how far it is at least this often, however long its next call takes. */
const TELL_EVERY_MS = 250;

/** What a run has settled and not told yet. */
export class RunProgress {
  private readonly settled: string[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly bell: AnswerBell) {}

  note(stepId: string): void {
    this.settled.push(stepId);
    this.timer ??= setTimeout(() => this.tell(), TELL_EVERY_MS);
  }

  /** At once: somebody waits for it. */
  tell(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.settled.length > 0) this.bell.ring('steps', this.settled.splice(0));
  }
}
