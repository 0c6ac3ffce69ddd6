import { join } from 'node:path';
import type { EffectClass, PlanDocument, StepDocument } from '@muster/domain';
import { aTool } from '../../test/support/builders';
import { Muster } from '../../test/support/muster';
import { until } from '../../test/support/until';
import { ClockedTool } from './clocked-tool';

/** Far longer than any recovery: only the fault ends a call that is held. */
const TIMEOUT_MS = 120_000;
/** As an operator would run it; the kit sweeps faster. */
export const SWEEP_MS = 500;
/** The gate keeps a step out of its predecessor's run, so that each needs a decision of the coordinator. */
const GATE = 'true';
const CODE_CACHE = join(__dirname, '../../dist/.code-cache');

export interface WorldOptions {
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
}

/** The real services with their default settings, and the tool they call. */
export class World {
  private constructor(
    readonly muster: Muster,
    readonly tool: ClockedTool,
  ) {}

  static async start(options: WorldOptions = {}): Promise<World> {
    const env = { SWEEP_MS: String(SWEEP_MS), NODE_COMPILE_CACHE: CODE_CACHE };
    const [muster, tool] = await Promise.all([Muster.start({ ...options, env }), ClockedTool.start()]);
    return new World(muster, tool);
  }

  /** A task whose only call is under way and held by the tool; answers its id. */
  async aHeldCall(effect: EffectClass, lane = 'default'): Promise<string> {
    const name = `held.${effect}.${lane}`;
    await this.register(name, 'held', effect, lane);
    const task = await this.muster.submit({ steps: [{ id: 'call', tool: name }] });
    await this.tool.sending(task.id, 1);
    return task.id;
  }

  /** A task of many gated steps, one after the other; answers its id when the first was sent. */
  async aGatedChain(where: 'held' | 'steady', length: number): Promise<string> {
    const name = `${where}.chain`;
    await this.register(name, where, 'keyed');
    const task = await this.muster.submit(gatedChain(name, length));
    await this.tool.sending(task.id, 1);
    return task.id;
  }

  /** One process of a service outside the supervisor: nobody reports its end. */
  async startOutside(service: string, lanes: readonly string[]): Promise<number> {
    const { pid, id } = await this.muster.startAnother(service, { EXECUTOR_LANES: lanes.join(',') });
    const isReady = async () =>
      (await this.muster.rows("select from worker where id = $1 and state = 'ready'", id)).length > 0;
    await until(isReady, { what: `${service} ${pid} being ready` });
    return pid;
  }

  async rest(tasks: readonly string[]): Promise<void> {
    for (const id of tasks) {
      const { state } = await this.muster.task(id).rests(TIMEOUT_MS);
      if (state !== 'completed') throw new Error(`${id} is ${state}, not completed.`);
    }
  }

  async stop(): Promise<void> {
    await this.tool.stop();
    await this.muster.stop();
  }

  private register(name: string, where: string, effect: EffectClass, lane = 'default'): Promise<void> {
    const url = `${this.tool.url}/${where}/${name}`;
    const transport = { type: 'http', method: 'POST', url } as const;
    return this.muster.register(aTool(name, effect, this.tool.url, { transport, timeoutMs: TIMEOUT_MS, lane }));
  }
}

function gatedChain(tool: string, length: number): PlanDocument {
  const step = (index: number): StepDocument => ({
    id: `s${index}`,
    tool,
    ...(index > 0 && { needs: [`s${index - 1}`], when: GATE }),
  });
  return { steps: Array.from({ length }, (_, index) => step(index)) };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Anywhere between two sweeps, so that no sample knows when the next one comes. */
export const anyPhase = (): Promise<void> => pause(Math.random() * SWEEP_MS);
