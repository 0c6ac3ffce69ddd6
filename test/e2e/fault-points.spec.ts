import { FAULT_POINTS, type FaultPoint } from '@muster/chassis';
import { aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import type { RunningTask } from '../support/running-task';
import { ToolServer } from '../support/tool-server';

const REST_MS_MAX = 40_000;
jest.setTimeout(90_000);

const serviceOf = (point: FaultPoint): string => point.split('.')[0] ?? '';

/** Every point in exactly one round; a round has one of each service, so that several crashes come together. */
function roundsOf(points: readonly FaultPoint[]): FaultPoint[][] {
  const rounds: FaultPoint[][] = [];
  for (const ofService of Map.groupBy(points, serviceOf).values()) {
    for (const [index, point] of ofService.entries()) rounds[index] = [...(rounds[index] ?? []), point];
  }
  return rounds;
}

describe.each(roundsOf(FAULT_POINTS).map((points) => [points.join(', '), points] as const))(
  'killed at %s',
  (_, points) => {
    let muster: Muster;
    let tools: ToolServer;
    let running: RunningTask;

    beforeAll(async () => {
      const env = { MUSTER_FAULT: points.map((point) => `${point}:kill`).join(',') };
      [muster, tools] = await Promise.all([Muster.start({ env }), ToolServer.start()]);
      await muster.register(
        aTool('read', 'none', tools.url),
        aTool('pay', 'keyed', tools.url),
        aTool('book', 'probed', tools.url),
      );
      tools.withoutMemory('book').next('book', 'lostack');
      running = await muster.submit({
        ...aPlan(
          aStep('read'),
          aStep('pay', { needs: ['read'], input: { seen: '${{ steps.read.output.id }}' } }),
          aStep('book', { needs: ['pay'] }),
          aStep('pay', { id: 'again', needs: ['book'], check: 'output.status == "done"' }),
        ),
        completion: ['steps.again.state == "succeeded"'],
      });
    });
    afterAll(async () => {
      await tools.stop();
      await muster.stop();
    });

    it.each(points)('%s: the next process goes on, and every effect takes place once', async (point) => {
      await running.reaches('completed', REST_MS_MAX);

      expect(muster.log()).toContain(`${serviceOf(point)} ended (SIGKILL)`);
      expect(tools.effectsOf('pay')).toHaveLength(2);
      expect(tools.effectsOf('book')).toHaveLength(1);
      expect(tools.effectsOf('read').length).toBeGreaterThanOrEqual(1);
      await muster.expectNoBreach();
    });
  },
);
