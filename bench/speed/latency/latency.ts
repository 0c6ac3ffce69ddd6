import { randomUUID } from 'node:crypto';
import { aTool } from '../../../test/support/builders';
import type { Muster } from '../../../test/support/muster';
import { type Distribution, distributionOf } from '../../distribution';
import { STEP_TOOL } from '../adapter/plans';
import type { World } from '../world';
import { HeldTool } from './held-tool';

export interface Latency {
  /** Tasks a second. */
  readonly maximum: number;
  readonly rate: number;
  /** Milliseconds, under that rate. */
  readonly submit: Distribution;
  readonly event: Distribution;
  readonly cancel: Distribution;
}

export interface LatencyWishes {
  readonly seconds: number;
}

const CHAIN = 5;
const CALL_MS = 10;
/** Tasks under way while the most is sought. */
const WINDOW = 100;
const MAXIMUM_SECONDS = 10;
const TICK_MS = 10;
/** One task of so many has somebody who follows it. */
const FOLLOWED = 20;
const CANCEL_EVERY_MS = 250;
const HELD_TOOL = 'bench.held';
const HELD_MS_MAX = 600_000;
const REST_MS_MAX = 120_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Short chains at half of what the machine can do, while some of them are followed and other calls are withdrawn. */
export async function measureLatency(
  { muster }: World,
  { seconds }: LatencyWishes,
  tell: (line: string) => void,
): Promise<Latency> {
  const held = await HeldTool.start();
  await muster.register(aTool(HELD_TOOL, 'keyed', held.url, { timeoutMs: HELD_MS_MAX, maxConcurrency: WINDOW }));
  tell('the most tasks a second');
  const maximum = await findMaximum(muster);
  const rate = maximum / 2;
  tell(`${rate.toFixed(1)} tasks a second for ${seconds} s`);
  const load = new Load(muster);
  const endAt = performance.now() + seconds * 1_000;
  const [cancels] = await Promise.all([cancelCalls(muster, held, endAt), load.keepUp(rate, endAt)]);
  await held.stop();
  return {
    maximum,
    rate,
    submit: distributionOf(load.submits),
    event: distributionOf(load.events),
    cancel: distributionOf(cancels),
  };
}

async function findMaximum(muster: Muster): Promise<number> {
  let [ended, stop] = [0, false];
  const caller = async (): Promise<void> => {
    while (!stop) {
      const { id } = await muster.client.tasks.submit({ plan: PLAN }, { idempotencyKey: randomUUID() });
      await muster.client.tasks.wait(id, REST_MS_MAX);
      ended++;
    }
  };
  const callers = Array.from({ length: WINDOW }, caller);
  await pause((MAXIMUM_SECONDS * 1_000) / 4);
  const [before, began] = [ended, performance.now()];
  await pause(MAXIMUM_SECONDS * 1_000);
  const rate = ((ended - before) * 1_000) / (performance.now() - began);
  stop = true;
  await Promise.all(callers);
  return rate;
}

/** Submits at a steady rate, whatever becomes of the tasks. */
class Load {
  readonly submits: number[] = [];
  readonly events: number[] = [];
  private readonly underWay: Promise<void>[] = [];

  constructor(private readonly muster: Muster) {}

  async keepUp(perSecond: number, endAt: number): Promise<void> {
    const began = performance.now();
    let due = 0;
    while (performance.now() < endAt) {
      const wanted = ((performance.now() - began) / 1_000) * perSecond;
      for (; due < wanted; due++) this.underWay.push(this.submit(due % FOLLOWED === 0));
      await pause(TICK_MS);
    }
    await Promise.all(this.underWay);
  }

  private async submit(isFollowed: boolean): Promise<void> {
    const began = performance.now();
    const { id } = await this.muster.client.tasks.submit({ plan: PLAN }, { idempotencyKey: randomUUID() });
    this.submits.push(performance.now() - began);
    if (isFollowed) await this.follow(id);
  }

  /** From the moment that an event says it happened to the moment that it is here; both by this machine's clock. */
  private async follow(id: string): Promise<void> {
    const since = Date.now();
    for await (const { at } of this.muster.client.tasks.events(id)) {
      // What was there before anybody listened is no news.
      if (Date.parse(at) >= since) this.events.push(Date.now() - Date.parse(at));
    }
  }
}

/** Each from the request to cancel until the tool's connection is closed. */
async function cancelCalls(muster: Muster, held: HeldTool, endAt: number): Promise<number[]> {
  const samples: number[] = [];
  while (performance.now() < endAt) {
    const plan = { steps: [{ id: 'held', tool: HELD_TOOL }] };
    const { id } = await muster.client.tasks.submit({ plan }, { idempotencyKey: randomUUID() });
    await held.callOf(id);
    const began = performance.now();
    await muster.client.tasks.cancel(id, { reason: 'The benchmark withdraws it.' });
    samples.push((await held.endOf(id)) - began);
    await pause(CANCEL_EVERY_MS);
  }
  return samples;
}

const PLAN = {
  steps: Array.from({ length: CHAIN }, (_, n) => ({
    id: `s${n}`,
    tool: STEP_TOOL,
    input: { n, ms: CALL_MS },
    ...(n > 0 && { needs: [`s${n - 1}`] }),
  })),
};
