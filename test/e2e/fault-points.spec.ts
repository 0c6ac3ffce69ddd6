import { FAULT_POINTS, type FaultPoint } from '@muster/chassis';
import { aPlan, aStep, aTask, aTool } from '../support/builders';
import { IntakeProducer } from '../support/intake-producer';
import { modelsAt } from '../support/model-minds';
import { ModelServer } from '../support/model-server';
import { Muster } from '../support/muster';
import { patiently } from '../support/patiently';
import type { RunningTask } from '../support/running-task';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const REST_MS_MAX = 40_000;
const HANGS_MS = 60_000;
jest.setTimeout(90_000);

const PATIENT = { deadlineMs: REST_MS_MAX };

const hasStruckAt = (points: readonly string[], struck: readonly string[]) => points.every((at) => struck.includes(at));
/** A job whose process died comes again when its lock has run out: not worth the wait where no point has to do with it. */
const ON_THE_WAY_OF_A_JOB = /submit|letter|intake/;
const serviceOf = (point: FaultPoint): string => point.split('.')[0] ?? '';

/** Every point in exactly one round; a round has one of each service, so that several crashes come together. */
function roundsOf(points: readonly FaultPoint[]): FaultPoint[][] {
  const rounds: FaultPoint[][] = [];
  for (const ofService of Map.groupBy(points, serviceOf).values()) {
    for (const [index, point] of ofService.entries()) rounds[index] = [...(rounds[index] ?? []), point];
  }
  return rounds;
}

/** Everything with a fault point on its way: answers lost and read back, a goal, a refusal, a cancel, jobs good and bad. */
class Scene {
  private constructor(
    readonly muster: Muster,
    readonly tools: ToolServer,
    private readonly models: ModelServer,
    private readonly producer: IntakeProducer,
  ) {}

  static async set(env: Record<string, string>): Promise<Scene> {
    const models = await ModelServer.start();
    models.usually({ kind: 'json', value: aPlan(aStep('read'), aStep('pay', { needs: ['read'] })) });
    const MODELS = modelsAt(models);
    const [muster, tools] = await Promise.all([Muster.start({ env: { ...env, MODELS } }), ToolServer.start()]);
    const integer = { type: 'object', properties: { n: { type: 'integer' } } };
    await patiently(() =>
      muster.register(
        aTool('read', 'none', tools.url),
        aTool('pay', 'keyed', tools.url),
        aTool('book', 'probed', tools.url),
        aTool('strict', 'keyed', tools.url, { input: integer }),
        aTool('endless', 'keyed', tools.url, { timeoutMs: HANGS_MS }),
      ),
    );
    tools.withoutMemory('book').next('book', 'lostack').usually('endless', 'hangafter');
    const producer = await patiently(() => IntakeProducer.of(muster.client.url, muster.key));
    return new Scene(muster, tools, models, producer);
  }

  pay(): Promise<RunningTask> {
    return this.muster.submit({
      ...aPlan(
        aStep('read'),
        aStep('pay', { needs: ['read'], input: { seen: '${{ steps.read.output.id }}' } }),
        aStep('book', { needs: ['pay'] }),
        aStep('pay', { id: 'again', needs: ['book'], check: 'output.status == "done"' }),
      ),
      completion: ['steps.again.state == "succeeded"'],
    });
  }

  refused(): Promise<RunningTask> {
    return this.muster.submit(
      aPlan(aStep('read'), aStep('strict', { needs: ['read'], input: { n: '${{ steps.read.output.id }}' } })),
    );
  }

  async aimed(): Promise<RunningTask> {
    const { id } = await patiently(() =>
      this.muster.client.tasks.submit({ goal: 'Read, then pay.', grants: ['read', 'pay'] }, { idempotencyKey: 'aimed' }),
    );
    return this.muster.task(id);
  }

  async cancelled(): Promise<RunningTask> {
    const task = await this.muster.submit(aPlan(aStep('endless')));
    await this.tools.request('endless');
    await patiently(() => this.muster.client.tasks.cancel(task.id, { reason: 'no longer wanted' }));
    return task;
  }

  /** Adds a job that becomes a task, beside one that nobody signed. */
  async queued(): Promise<void> {
    const { keyId, signature, ...unsigned } = this.producer.message(aTask(aPlan(aStep('read'))));
    await this.producer.add(unsigned);
    await this.producer.add(this.producer.message(aTask(aPlan(aStep('pay', { id: 'taken' })))));
  }

  /** Somebody for the coordinator to give up, whatever else has died. */
  async loseExecutor(): Promise<void> {
    await this.muster.kill('executor');
  }

  async strike(): Promise<void> {
    await this.producer.close();
    await Promise.all([this.tools.stop(), this.models.stop()]);
    await this.muster.stop();
  }
}

describe.each(roundsOf(FAULT_POINTS).map((points) => [points.join(', '), points] as const))(
  'killed at %s',
  (_, points) => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await Scene.set({ MUSTER_FAULT: points.map((point) => `${point}:kill`).join(',') });
    });
    afterAll(() => scene.strike());

    it('goes on with the next process, and every effect takes place once', async () => {
      const { muster, tools } = scene;
      const takesJobs = points.some((point) => ON_THE_WAY_OF_A_JOB.test(point));

      const [paid, aimed, refused, cancelled] = await Promise.all([
        scene.pay(),
        scene.aimed(),
        scene.refused(),
        scene.cancelled(),
        takesJobs && scene.queued(),
      ]);

      await paid.reaches('completed', REST_MS_MAX);
      await aimed.reaches('completed', REST_MS_MAX);
      await refused.reaches('failed', REST_MS_MAX);
      await cancelled.reaches('cancelled', REST_MS_MAX);
      await until(() => tools.effectsOf('pay').length === (takesJobs ? 4 : 3), { what: 'all payments', ...PATIENT });
      await scene.loseExecutor();
      await until(() => hasStruckAt(points, muster.struck()), { what: `a crash at each of ${points}`, ...PATIENT });
      expect(tools.effectsOf('book')).toHaveLength(1);
      expect(tools.effectsOf('endless')).toHaveLength(1);
      expect(tools.requestsTo('strict')).toEqual([]);
      expect(tools.effectsOf('read').length).toBeGreaterThanOrEqual(3);
      await muster.expectNoBreach();
    });
  },
);
