import type { AnswerBell } from '@muster/messaging';

/** A long run tells the coordinator how far it is about this often, however long its next call takes. */
const TELL_EVERY_MS = 250;
/** Where statements take their time, so many runs are under way that telling of each as often would slow them all. */
const STATEMENTS_PER_TELL = 20;
const TELL_EVERY_MS_MAX = 2_000;

/** What a run has settled and not told yet. */
export class RunProgress {
  private readonly settled: string[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** `statementMs`: how long the last statement of the ledger took. */
  constructor(
    private readonly bell: AnswerBell,
    private readonly statementMs: () => number,
  ) {}

  note(stepId: string): void {
    this.settled.push(stepId);
    const pace = Math.min(STATEMENTS_PER_TELL * this.statementMs(), TELL_EVERY_MS_MAX);
    this.timer ??= setTimeout(() => this.tell(), Math.max(TELL_EVERY_MS, pace));
  }

  /** At once: somebody waits for it. */
  tell(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.settled.length > 0) this.bell.ring('steps', this.settled.splice(0));
  }
}
