import type { Socket } from 'node:net';
import type { Task, TaskRequest } from '@muster/client';
import { LIMITS } from '@muster/domain';
import { version } from '../../../package.json';
import type { Muster } from '../../../test/support/muster';
import { until } from '../../../test/support/until';
import { startFleet, stopFleet } from '../fleet';
import { BenchTool, type Harness, type StepInput } from './bench-tool';
import { chainPlan, type DagNode, dagPlan, EFFECT_TOOL, fanOutPlan } from './plans';
import { functionSettings, stepContract } from './step-tool';
import { Tether, tie } from './tether';

/** Beyond every deadline of the driver. */
const WAIT_MS_MAX = 600_000;
/** As long as one request may be held open. */
const SUBMIT_WAIT_MS = 30_000;
const OPEN_STATES = ['accepted', 'planning', 'running', 'verifying', 'compensating'] as const;
const LOOK_EVERY_MS = 25;
/** The widths and sizes of the driver, or fewer where a quick run asks for it. */
const numbersIn = (name: string, otherwise: readonly number[]): readonly number[] =>
  process.env[name]?.split(',').map(Number) ?? otherwise;

interface Started {
  readonly role: 'both' | 'client' | 'worker';
}

/** The driver's adapter: all through the public API, by the SDK that users have. */
export class MusterPeer {
  readonly name = 'muster';
  readonly version = version;
  /** The executor's default; the driver's own proposals are for peers that take them. */
  readonly throughputConcurrency = [1_024];
  readonly maxWorkers = Number(process.env.MUSTER_BENCH_WORKERS ?? 2);
  readonly fanoutWidths = numbersIn('MUSTER_BENCH_WIDTHS', [300, 2_000]);
  readonly dagSizes = numbersIn('MUSTER_BENCH_SIZES', [1_000, 10_000]);
  private fleet: Muster | undefined;
  private tool: BenchTool | undefined;
  private tether: Tether | undefined;
  private tie: Socket | undefined;

  constructor(private readonly harness: Harness) {}

  async setup(): Promise<void> {
    this.tool = await BenchTool.start(this.harness);
    this.fleet = await startFleet(functionSettings());
    this.tether = await Tether.start(this.fleet);
    await this.fleet.register(stepContract(this.tool), this.tool.contract(EFFECT_TOOL));
    process.stderr.write('# muster is ready\n');
  }

  async teardown(): Promise<void> {
    this.tether?.stop();
    if (this.fleet) await stopFleet(this.fleet);
    await this.tool?.stop();
  }

  async start({ role }: Started): Promise<void> {
    if (role === 'worker') this.tie = await tie(process.env.PEERS_CRASH_ID ? 'only' : 'another');
  }

  async stop(): Promise<void> {
    this.tie?.destroy();
  }

  async chain(id: string, steps: number): Promise<void> {
    await this.run(id, { plan: chainPlan(steps) });
  }

  async startChain(id: string, steps: number, { ms, file }: Omit<StepInput, 'n'>): Promise<void> {
    const plan = chainPlan(steps, { id, ms, file }, EFFECT_TOOL);
    await this.client.tasks.submit({ plan }, { idempotencyKey: id });
  }

  async fanout(id: string, width: number, ms: number): Promise<void> {
    const items = Array.from({ length: width }, (_, n) => n);
    await this.run(id, { plan: fanOutPlan(ms), input: { items } });
  }

  async dag(id: string, nodes: readonly DagNode[]): Promise<void> {
    await this.run(id, { plan: dagPlan(nodes) });
  }

  /** In batches under one label; the last one is waited for, and then whether any of the label is still open. */
  async chainMany(ids: readonly string[], steps: number): Promise<void> {
    const labels = { round: ids[0]!.slice(0, 63) };
    const request = { plan: chainPlan(steps), labels };
    const batches = Array.from({ length: Math.ceil(ids.length / LIMITS.BATCH_TASKS_MAX) }, (_, index) =>
      ids.slice(index * LIMITS.BATCH_TASKS_MAX, (index + 1) * LIMITS.BATCH_TASKS_MAX).map(() => request),
    );
    const tasks = (await Promise.all(batches.map((batch) => this.submitted(batch)))).flat();
    await this.client.tasks.wait(tasks.at(-1)!.id, WAIT_MS_MAX);
    const noneIsOpen = async () => !(await this.any({ state: OPEN_STATES, labels }));
    await until(noneIsOpen, { what: 'the end of every chain', deadlineMs: WAIT_MS_MAX, pollMs: LOOK_EVERY_MS });
    if (await this.any({ state: ['failed', 'cancelled'], labels })) throw new Error('Not every chain completed.');
  }

  private get client() {
    if (!this.fleet) throw new Error('Only the driver itself submits.');
    return this.fleet.client;
  }

  private async run(id: string, request: TaskRequest): Promise<void> {
    const first = await this.client.tasks.submit(request, { idempotencyKey: id, waitMs: SUBMIT_WAIT_MS });
    const task = first.state === 'completed' ? first : await this.client.tasks.wait(first.id, WAIT_MS_MAX);
    if (task.state !== 'completed') throw new Error(`${task.id} is ${task.state}: ${JSON.stringify(task.failure)}`);
  }

  private async submitted(batch: readonly TaskRequest[]): Promise<Task[]> {
    const answers = await this.client.tasks.batch(batch);
    return answers.map((answer) => {
      if ('task' in answer) return answer.task;
      throw new Error(`A chain was refused: ${JSON.stringify(answer.problem)}`);
    });
  }

  private async any(options: Parameters<Muster['client']['tasks']['list']>[0]): Promise<boolean> {
    const { done } = await this.client.tasks.list({ ...options, limit: 1 }).next();
    return !done;
  }
}
