import { CHAIN_START, type EventRow, linkProblem } from './event-chain';
import { emptyFold, foldEvent } from './fold';

/** What a task's own rows say, all of one moment. `steps` as `{key: [state, epoch]}`, `eventHash` in hex. */
export interface HistoryRows {
  readonly state: string;
  readonly fence: number;
  readonly eventSeq: number;
  readonly eventHash: string;
  readonly steps: Readonly<Record<string, readonly [state: string, epoch: number]>>;
}

/** A line of a task's history that is not in order. */
export interface WrongLine {
  /** The event; where a row differs, the last one before the rows were read. */
  readonly seq: number;
  readonly reason: string;
}

/**
 * Proves a history against the rows it led to: takes the events in their order, a page at a time, and keeps only what
 * they fold to. After a broken link nothing further is believed.
 */
export class HistoryProof {
  private readonly folded = emptyFold();
  private last = { seq: 0, hash: CHAIN_START };
  private broken: WrongLine | undefined;

  /** How many events were in order. */
  get events(): number {
    return this.last.seq;
  }

  add(event: EventRow): void {
    if (this.broken) return;
    const reason = linkProblem(this.last, event);
    if (reason) this.broken = { seq: event.seq, reason };
    else this.believe(event);
  }

  /** Everything that is wrong; the first line of it is the earliest. Empty where the history gives the rows. */
  against(rows: HistoryRows): WrongLine[] {
    if (this.broken) return [this.broken];
    return this.endProblem(rows) ?? this.rowProblems(rows);
  }

  private believe(event: EventRow): void {
    this.last = { seq: event.seq, hash: event.hash };
    try {
      foldEvent(this.folded, event);
    } catch {
      this.broken = { seq: event.seq, reason: 'what it says cannot be read' };
    }
  }

  private endProblem({ eventSeq, eventHash }: HistoryRows): WrongLine[] | undefined {
    const { seq, hash } = this.last;
    if (seq < eventSeq) return [{ seq: seq + 1, reason: `it is missing; the task knows of ${eventSeq} events` }];
    if (seq > eventSeq) return [{ seq: eventSeq + 1, reason: `the task knows of ${eventSeq} events only` }];
    return hash === eventHash ? undefined : [{ seq, reason: 'the task knows its last event by another hash' }];
  }

  private rowProblems({ state, fence, steps }: HistoryRows): WrongLine[] {
    const reasons: string[] = [];
    const { folded } = this;
    if (folded.state !== state) reasons.push(`the task is ${state}, its history says ${folded.state}`);
    if (folded.fence !== fence) reasons.push(`the fence is ${fence}, the history says ${folded.fence}`);
    for (const [key, [is, epoch]] of Object.entries(steps)) {
      const told = folded.steps.get(key);
      if (told?.state === is && told.epoch === epoch) continue;
      const said = told ? `${told.state} at epoch ${told.epoch}` : 'nothing';
      reasons.push(`step ${key} is ${is} at epoch ${epoch}, the history says ${said}`);
    }
    for (const key of folded.steps.keys()) {
      if (!Object.hasOwn(steps, key)) reasons.push(`step ${key} has no row, the history tells of it`);
    }
    return reasons.map((reason) => ({ seq: this.last.seq, reason }));
  }
}
