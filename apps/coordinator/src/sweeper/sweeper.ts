import { Clock, Config, faultPoint, Log } from '@muster/chassis';
import { QueueBackend } from '@muster/messaging';
import { Database } from '@muster/persistence';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { After } from '../lifecycle/after-commit';
import { DecisionLoop } from '../lifecycle/decision-loop';
import { SWEEP_DUE, SWEEP_GIVE_UP, SWEEP_HURRY, SWEEP_LOCKS, SWEEP_LOST, SWEEP_NEXT } from '../lifecycle/task.sql';
import { TaskStore } from '../lifecycle/task.store';

const DUE_BATCH = 1_000;
/** Rows that are due within this of each other are swept together. */
const EARLY_MS_MIN = 5;

/** Who may take rings with them when they go, made or heard. */
const HOLDERS: readonly string[] = ['coordinator', 'executor', 'verifier'];

/** A worker that counts no more; `ended` where somebody saw its end. */
interface Gone {
  readonly id: string;
  readonly service: string;
  readonly ended: boolean;
}

/** What a sweep needs besides the lifecycle. */
@Injectable()
export class SweepSettings {
  constructor(
    readonly config: Config,
    readonly log: Log,
    readonly queues: QueueBackend,
    readonly clock: Clock,
  ) {}
}

/**
 * The one mechanism behind crashed coordinators, crashed workers, lost messages, backoff, timers and deadlines: rows
 * that are past due, and calls whose sender is gone, are looked at again. Any number of sweepers may run.
 */
@Injectable()
export class Sweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private early: { timer: NodeJS.Timeout; at: number } | undefined;
  private sweeping: Promise<void> = Promise.resolve();
  private isUnderWay = false;
  private hurried = false;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly loop: DecisionLoop,
    private readonly after: After,
    private readonly store: TaskStore,
    private readonly surroundings: SweepSettings,
  ) {}

  onApplicationBootstrap(): void {
    this.after.timers.on('due', (at: number) => this.expect(at));
    this.surroundings.queues.onBack(() => void this.attempt('lost rings', () => this.lookForLostRings()));
    this.schedule(0);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.early?.timer);
    await this.sweeping;
  }

  /** Somebody saw the end of a worker: who waits for what it held need not wait for the next sweep's time. */
  hurry(): void {
    this.hurried = true;
    if (this.isUnderWay) return;
    clearTimeout(this.timer);
    this.schedule(0);
  }

  private schedule(ms: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.sweeping = this.sweep().finally(() => this.scheduleNext());
    }, ms);
  }

  // What was said while a sweep was under way may have come too late for it.
  private scheduleNext(): void {
    this.isUnderWay = false;
    this.schedule(this.hurried ? EARLY_MS_MIN : this.surroundings.config.sweepMs);
  }

  /** Something is due before the next sweep. Only the soonest has a timer; its sweep asks what comes after it. */
  private expect(at: number): void {
    const wait = at - this.surroundings.clock.now().getTime();
    if (this.stopped || wait > this.surroundings.config.sweepMs || (this.early && this.early.at <= at)) return;
    clearTimeout(this.early?.timer);
    const work = (): void => {
      this.early = undefined;
      void this.attempt('due', () => this.sweepDue());
    };
    this.early = { timer: setTimeout(work, Math.max(EARLY_MS_MIN, wait + 1)), at };
  }

  private async sweep(): Promise<void> {
    this.isUnderWay = true;
    this.hurried = false;
    await this.attempt('workers', () => this.sweepWorkers());
    await this.attempt('due', () => this.sweepDue());
    await this.attempt('window', () => this.sweepWindow());
    await this.attempt('executors', () => this.countExecutors());
  }

  /** A sweep that fails is made up for by the next one. */
  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      if (!this.stopped) await work();
    } catch (error) {
      this.surroundings.log.warn('sweep.failed', { what, error });
    }
  }

  private async sweepWorkers(): Promise<void> {
    const { workerLostGraceMs } = this.surroundings.config;
    await this.database.query(SWEEP_LOCKS);
    faultPoint('coordinator.before-give-up');
    const gone = await this.database.query<Gone>(SWEEP_GIVE_UP, [workerLostGraceMs]);
    if (gone.length > 0) faultPoint('coordinator.after-give-up');
    for (const { id, service, ended } of gone) {
      if (ended) this.surroundings.log.info('worker.ended', { worker: id, of: service });
      else this.surroundings.log.warn('worker.given-up', { worker: id, of: service });
    }
    if (gone.some(({ service }) => HOLDERS.includes(service))) await this.database.query(SWEEP_HURRY);
    const lost = await this.database.query<{ step_id: string }>(SWEEP_LOST, [workerLostGraceMs, DUE_BATCH]);
    this.loop.look(lost.map((row) => row.step_id));
  }

  /** The queues were away and may be empty: nobody waits out what is due later. */
  private async lookForLostRings(): Promise<void> {
    this.surroundings.log.info('queues.back');
    await this.database.query(SWEEP_HURRY);
    await this.sweepDue();
  }

  private async sweepDue(): Promise<void> {
    const rows = await this.database.query<{ step_id: string | null; task_id: string | null }>(SWEEP_DUE, [DUE_BATCH]);
    this.loop.lookAtDue(
      rows.flatMap((row) => row.step_id ?? []),
      rows.flatMap((row) => row.task_id ?? []),
    );
    const [next] = await this.database.query<{ wait_ms: number | null }>(SWEEP_NEXT);
    if (next && next.wait_ms !== null) this.expect(this.surroundings.clock.now().getTime() + next.wait_ms);
  }

  private async countExecutors(): Promise<void> {
    this.after.doorbell.recount(await this.store.executors());
  }

  private async sweepWindow(): Promise<void> {
    this.after.window.recount(await this.store.inFlight());
    const openings = this.after.window.openings();
    if (openings.size > 0) this.loop.look(await this.store.backlog(openings));
  }
}
