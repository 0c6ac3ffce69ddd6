import type { Draws } from './draws';

/** A process: whatever it has still to do is lost with it, and stands still while it is paused. */
export interface Actor {
  readonly name: string;
  isAlive: boolean;
  isPaused: boolean;
}

interface Action {
  readonly owner: Actor | undefined;
  readonly go: () => void;
}

export interface Timer extends Action {
  at: number;
}

export interface TraceLine {
  readonly at: number;
  readonly actor: string;
  readonly text: string;
}

const START = Date.parse('2026-01-01T00:00:00Z');

/** Time, and everything that can happen next. An action without an owner is under way in a wire or in the database. */
export class Stage {
  now = START;
  events = 0;
  private actions: Action[] = [];
  private timers: Timer[] = [];

  constructor(
    readonly draws: Draws,
    private readonly trace: TraceLine[] | undefined,
  ) {}

  /** One line of the trace; its text is made only where somebody reads it. */
  say(actor: string, text: () => string): void {
    this.trace?.push({ at: this.now - START, actor, text: text() });
  }

  soon(owner: Actor | undefined, go: () => void): void {
    this.actions.push({ owner, go });
  }

  later(ms: number, owner: Actor | undefined, go: () => void): Timer {
    const timer = { at: this.now + ms, owner, go };
    this.timers.push(timer);
    return timer;
  }

  cancel(timer: Timer): void {
    this.timers = this.timers.filter((other) => other !== timer);
  }

  /** Lets one thing happen that can happen now: any of them, or in order the first. */
  step(inOrder: boolean): boolean {
    this.actions = this.actions.filter(({ owner }) => owner === undefined || owner.isAlive);
    const able = this.actions.filter(({ owner }) => !owner?.isPaused);
    if (able.length === 0) return false;
    const action = inOrder ? able[0]! : this.draws.pick(able);
    this.actions.splice(this.actions.indexOf(action), 1);
    this.events += 1;
    action.go();
    return true;
  }

  /** Time goes by; what had a time set happens at its time and in its order. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (let timer = this.nextTimer(until); timer; timer = this.nextTimer(until)) {
      this.cancel(timer);
      this.now = Math.max(this.now, timer.at);
      if (timer.owner && !timer.owner.isAlive) continue;
      this.events += 1;
      // Whoever is paused finds its time gone by when it goes on.
      if (timer.owner?.isPaused) this.soon(timer.owner, timer.go);
      else timer.go();
    }
    this.now = until;
  }

  /** The next moment at which something happens by itself. */
  nextAt(): number | undefined {
    const open = this.timers.filter(({ owner }) => owner === undefined || owner.isAlive);
    return open.length === 0 ? undefined : Math.min(...open.map(({ at }) => at));
  }

  private nextTimer(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.timers) if (timer.at <= until && (!next || timer.at < next.at)) next = timer;
    return next;
  }
}
