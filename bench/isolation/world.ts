import { join } from 'node:path';
import type { PlanDocument, StepDocument, ToolContract } from '@muster/domain';
import { aPlan, aStep } from '../../test/support/builders';
import { Muster } from '../../test/support/muster';
import { until } from '../../test/support/until';
import { TimedTool } from './timed-tool';

/** Tasks with one call under way each. */
export const PARALLEL = 300;
/** The tools that they call, each task one of them: a tool has room for all of its tasks at once. */
export const TOOLS = 10;
/** Calls to the one tool besides theirs: more than its places. */
export const BESIDES = 100;
/** What a call takes in the tool itself. */
export const ANSWER_MS = 2_000;
/** Long enough for the calls that hang to time out, for the breaker to open, and to try again. */
export const ROUND_MS = 45_000;
/** None of them comes to its end within a round. */
const STEPS = Math.ceil((1.5 * ROUND_MS) / ANSWER_MS);
const STEADY = Array.from({ length: TOOLS }, (_, n) => `steady.${n}`);
/** The gate keeps a step out of its predecessor's run, so that each needs a decision, a ring and a place. */
const GATE = 'true';
const CODE_CACHE = join(__dirname, '../../dist/.code-cache');

/** The real services with their default settings, and the tools that they call. */
export class World {
  private rounds = 0;

  private constructor(
    private readonly muster: Muster,
    private readonly tool: TimedTool,
  ) {}

  static async start(): Promise<World> {
    const env = { SWEEP_MS: '500', LOG_LEVEL: 'warn', NODE_COMPILE_CACHE: CODE_CACHE };
    const [muster, tool] = await Promise.all([Muster.start({ env }), TimedTool.start(ANSWER_MS)]);
    for (const name of STEADY) await muster.register(contractOf(name, `${tool.url}/steady/${name}`));
    return new World(muster, tool);
  }

  /**
   * Spans of the steady calls that began within one round, while `BESIDES` tasks call one other tool, which answers or
   * hangs. Whatever began in the round is waited for, however long it takes.
   */
  async round(hangs: boolean): Promise<readonly number[]> {
    // A tool of its own each time: nothing of an earlier round stands in its breaker.
    const other = `other.${++this.rounds}`;
    await this.muster.register(contractOf(other, `${this.tool.url}/${hangs ? 'hung' : 'steady'}/${other}`));
    this.tool.forget();
    const steady = await Promise.all(STEADY.map((name) => this.submit(PARALLEL / TOOLS, gatedChain(name, STEPS))));
    await this.everyTaskAnswered(PARALLEL, 0);
    const from = performance.now();
    const besides = await this.submit(BESIDES, aPlan(aStep(other)));
    if (hangs) await until(() => this.tool.hanging > 0, { what: 'the tool hanging' });
    await new Promise((resolve) => setTimeout(resolve, from + ROUND_MS - performance.now()));
    const to = performance.now();
    await this.everyTaskAnswered(PARALLEL, to);
    const spans = this.tool.spans.filter((span) => span.from >= from && span.from < to).map(({ ms }) => ms);
    await this.end([...steady.flat(), ...besides]);
    return spans;
  }

  async stop(): Promise<void> {
    await this.tool.stop();
    await this.muster.stop();
  }

  private async submit(count: number, plan: PlanDocument): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, async () => (await this.muster.submit(plan)).id));
  }

  private everyTaskAnswered(count: number, since: number): Promise<unknown> {
    return until(() => this.tool.answeredSince(since) >= count, {
      what: `an answer to each of ${count} tasks`,
      deadlineMs: 2 * ROUND_MS,
    });
  }

  private async end(tasks: readonly string[]): Promise<void> {
    const { client } = this.muster;
    await Promise.all(tasks.map((id) => client.tasks.cancel(id, { reason: 'The round is over.' }).catch(isOver)));
    for (const id of tasks) await this.muster.task(id).rests();
  }
}

/** What besides ended well has ended already. */
function isOver(error: unknown): void {
  if ((error as { status?: number }).status !== 409) throw error;
}

/** Timeout, places, retries and breaker are those that a tool has whose contract says nothing of them. */
const contractOf = (name: string, url: string): ToolContract => ({
  name,
  version: '1',
  description: 'A tool of the benchmark.',
  transport: { type: 'http', method: 'POST', url },
  input: { type: 'object' },
  output: { type: 'object' },
  effect: 'none',
  definite: { rejected: [], notDone: [] },
});

function gatedChain(tool: string, length: number): PlanDocument {
  const step = (index: number): StepDocument => ({
    id: `s${index}`,
    tool,
    ...(index > 0 && { needs: [`s${index - 1}`], when: GATE }),
  });
  return { steps: Array.from({ length }, (_, index) => step(index)) };
}
