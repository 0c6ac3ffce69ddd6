import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Breach, runInvariants } from '@muster/persistence';
import { check, type Least, type Verdict } from '../support/checker/check';
import { dumpDatabase } from '../support/checker/database-dump';
import type { Testimony } from '../support/checker/evidence';
import { patiently } from '../support/patiently';
import { Arena, LEASE_TTL_MS } from './arena';
import { Caller, type CallerFigures } from './callers/caller';
import { Person } from './callers/person';
import { Submitter } from './callers/submitter';
import { drawFaults, FaultFigures, strike } from './faults';
import { RandomWork } from './work/random-work';

export interface RunOptions {
  readonly seed: number;
  /** Work is given until so many effects have taken place outside; what was given is then brought to its end. */
  readonly effects: number;
  /** How many faults strike meanwhile, evenly over the effects. */
  readonly faults: number;
  /** Tasks that are under way at the same time. */
  readonly tasksAtOnce: number;
  /** Where logs and testimony are kept. */
  readonly folder: string;
  /** Told again and again how far it has come. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly phase: 'starting' | 'tormenting' | 'healing' | 'checking';
  readonly effects: number;
  readonly faults: number;
  readonly openTasks: number;
}

export interface RunReport extends Verdict {
  readonly seed: number;
  readonly breaches: readonly Breach[];
  readonly faults: FaultFigures;
  readonly callers: CallerFigures;
  /** From the first submission to the end of the last task. */
  readonly seconds: number;
}

export const held = ({ findings, breaches }: RunReport): boolean => findings.length + breaches.length === 0;

const WATCH_MS = 100;
/** Longer than leases, backoff and verdicts take together: a run in which nothing moves for so long does not move again. */
const STILL_MS_MAX = 90_000;
const HISTORIES_MAX = 100_000;

/** One run of chaos, from an empty database to the checker's verdict. */
export async function runChaos(options: RunOptions): Promise<RunReport> {
  await mkdir(options.folder, { recursive: true });
  const arena = await Arena.start(options.folder, options.seed);
  try {
    return await new Run(arena, options).report();
  } finally {
    await arena.stop();
  }
}

class Run {
  private readonly figures = new FaultFigures();
  private readonly submitter: Submitter;
  private readonly caller: Caller;
  private readonly work: RandomWork;
  private readonly givingUp = new AbortController();
  private readonly problems: unknown[] = [];
  private struck = 0;
  private moves = { count: 0, at: performance.now() };
  private open = 0;
  private phase: Progress['phase'] = 'tormenting';

  constructor(
    private readonly arena: Arena,
    private readonly options: RunOptions,
  ) {
    const { client, key } = arena.muster;
    this.submitter = new Submitter(client.url, key);
    this.caller = new Caller(
      client,
      this.submitter,
      new Person(client, arena.muster.approver, arena.sink, () => arena.isAwake),
    );
    this.work = new RandomWork(options.seed);
  }

  async report(): Promise<RunReport> {
    const watching = this.watch();
    try {
      const seconds = await this.untilQuiet();
      this.phase = 'checking';
      const { seed } = this.options;
      return { seed, ...(await this.judge()), faults: this.figures, callers: this.caller.figures, seconds };
    } finally {
      await watching.stop();
    }
  }

  /** Resolves when the last task has ended or was given up, with the seconds that it took; rejects at what nobody expected. */
  private async untilQuiet(): Promise<number> {
    const began = performance.now();
    const callers = Array.from({ length: this.options.tasksAtOnce }, () => this.call());
    try {
      await this.torment();
      this.phase = 'healing';
      await this.heal();
    } catch (error) {
      this.giveUp(error);
    }
    await Promise.all(callers);
    if (this.problems.length > 0) throw new AggregateError(this.problems, String(this.problems[0]));
    return (performance.now() - began) / 1_000;
  }

  private giveUp(...because: unknown[]): void {
    this.problems.push(...because);
    this.givingUp.abort();
  }

  private get isEnough(): boolean {
    return this.arena.tail.effects >= this.options.effects;
  }

  /** One caller: a piece of work after the other, until there is enough. */
  private async call(): Promise<void> {
    const { signal } = this.givingUp;
    while (!this.isEnough && !signal.aborted) {
      this.open++;
      try {
        await this.caller.do(this.work.take(), signal);
      } catch (error) {
        // Given up: the checker says what became of it.
        if (!signal.aborted) this.giveUp(error);
      } finally {
        this.open--;
      }
    }
  }

  /** A fault after every so many effects, so that their number and order do not depend on the machine's speed. */
  private async torment(): Promise<void> {
    const { seed, effects, faults } = this.options;
    const drawn = drawFaults(seed);
    for (this.struck = 0; this.struck < faults; this.struck++) {
      const from = (effects * (this.struck + 0.5)) / faults;
      while (this.arena.tail.effects < from) {
        if (this.givingUp.signal.aborted) return;
        await pause(WATCH_MS / 4);
      }
      const fault = drawn.next().value;
      await this.note(fault);
      await strike(fault, this.arena, this.figures);
      await this.arena.replaceExtras();
    }
  }

  private async note(fault: object): Promise<void> {
    const line = JSON.stringify({ at: Date.now(), effects: this.arena.tail.effects, ...fault });
    await writeFile(join(this.options.folder, 'faults.log'), `${line}\n`, { flag: 'a' });
  }

  /** Everybody may go on, and is there: only then does it count how long a task takes. */
  private async heal(): Promise<void> {
    this.arena.thaw();
    await patiently(() => this.arena.muster.client.tools.get('read'));
  }

  private watch(): { stop(): Promise<void> } {
    let isOver = false;
    const watching = (async () => {
      while (!isOver) {
        await this.arena.tail.catchUp();
        this.notice();
        await pause(WATCH_MS);
      }
    })();
    return {
      stop: async () => {
        isOver = true;
        await watching;
      },
    };
  }

  /** Tells how far it has come, and gives up on what no longer moves: the checker says then what became of it. */
  private notice(): void {
    const { effects, lines } = this.arena.tail;
    this.options.onProgress?.({ phase: this.phase, effects, faults: this.struck, openTasks: this.open });
    const moves = lines.length + this.caller.figures.ended;
    if (moves !== this.moves.count) this.moves = { count: moves, at: performance.now() };
    const isStill = performance.now() - this.moves.at > STILL_MS_MAX;
    if (isStill && this.phase !== 'checking') this.giveUp();
  }

  private async judge(): Promise<Verdict & { breaches: readonly Breach[] }> {
    const { muster, tail } = this.arena;
    await tail.catchUp();
    // Before the database, so that what is still under way is no sending that the ledger does not know.
    const sink = [...tail.lines];
    const database = await dumpDatabase(muster.sql);
    const testimony: Testimony = { sink, submissions: this.submitter.log, database };
    const { folder } = this.options;
    await writeFile(join(folder, 'submissions.json'), JSON.stringify(testimony.submissions));
    await writeFile(join(folder, 'database.json'), JSON.stringify(database));
    const breaches = await runInvariants(muster.sql, { mendWithinMs: LEASE_TTL_MS * 4, historiesMax: HISTORIES_MAX });
    const verdict = check(testimony, this.least());
    return { ...verdict, breaches };
  }

  /** What this run must have come to if it is to prove anything. */
  private least(): Least {
    const { effects } = this.options;
    const some = Math.floor(effects / 100);
    return { effects, unknownOutcomes: some, resends: some, probes: some, personsWords: Math.floor(some / 10) };
  }
}
