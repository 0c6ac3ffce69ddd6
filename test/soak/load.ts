import type { PlanDocument, StepDocument } from '@muster/domain';
import { aTool } from '../support/builders';
import type { Muster } from '../support/muster';
import { pause } from './pause';

/** Calls of one task. */
export const CALLS_PER_TASK = 8;
const CHAIN = 5;
/** Tasks that may be under way while the most is sought. */
const WINDOW = 150;
const SETTLE_MS = 5_000;
const TICK_MS = 50;
/** More that are not yet answered, and the load is past what the machine can bear. */
const OUTSTANDING_MAX = 500;

/** Tasks of a chain, a fan and a check, submitted at a steady rate whatever becomes of them. */
export class Load {
  submitted = 0;
  /** Submissions under way now. */
  private outstanding = 0;
  private failure: Error | undefined;

  constructor(private readonly muster: Muster) {}

  async prepare(url: string): Promise<void> {
    const tool = (name: string) => aTool(name, 'keyed', url, { timeoutMs: 10_000, maxConcurrency: 256 });
    await this.muster.register(tool('soak.chain'), tool('soak.fan'));
  }

  /** Tasks a second that end while as many are under way as the services can take: measured for `seconds`. */
  async findMaximum(seconds: number): Promise<number> {
    let stop = false;
    const worker = async (): Promise<void> => {
      while (!stop) {
        const task = await this.muster.submit(PLAN);
        this.submitted++;
        await task.rests();
      }
    };
    const workers = Array.from({ length: WINDOW }, worker);
    await pause(SETTLE_MS);
    const before = await this.ended();
    const began = performance.now();
    await pause(seconds * 1_000);
    const rate = ((await this.ended()) - before) / ((performance.now() - began) / 1_000);
    stop = true;
    await Promise.all(workers);
    return rate;
  }

  /** Submits at `perSecond` until `endAt` by `performance.now()`. */
  async keepUp(perSecond: number, endAt: number): Promise<void> {
    const began = performance.now();
    let due = 0;
    while (performance.now() < endAt) {
      if (this.failure) throw this.failure;
      const wanted = ((performance.now() - began) / 1_000) * perSecond;
      for (; due < wanted; due++) this.submit();
      await pause(TICK_MS);
    }
  }

  async ended(): Promise<number> {
    const [row] = await this.muster.rows<{ n: string }>('select count(*) as n from task where finished_at is not null');
    return Number(row?.n);
  }

  private submit(): void {
    if (this.outstanding >= OUTSTANDING_MAX) {
      this.failure ??= new Error(`${OUTSTANDING_MAX} submissions wait for an answer.`);
      return;
    }
    this.outstanding++;
    this.muster
      .submit(PLAN)
      .then(() => this.submitted++)
      .catch((error: Error) => {
        this.failure ??= error;
      })
      .finally(() => this.outstanding--);
  }
}

const chain = Array.from(
  { length: CHAIN },
  (_, index): StepDocument => ({
    id: `c${index}`,
    tool: 'soak.chain',
    input: { index, text: 'as long as the input of a call tends to be, give or take a line' },
    ...(index > 0 && { needs: [`c${index - 1}`] }),
  }),
);
const fan = Array.from(
  { length: CALLS_PER_TASK - CHAIN },
  (_, index): StepDocument => ({
    id: `f${index}`,
    tool: 'soak.fan',
    needs: ['c0'],
    ...(index === 0 && { check: 'output.status == "done"' }),
  }),
);
const PLAN: PlanDocument = { steps: [...chain, ...fan] };
