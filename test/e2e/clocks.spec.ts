import { join } from 'node:path';
import { aPlan, aStep, aTask, aTool } from '../support/builders';
import { IntakeProducer } from '../support/intake-producer';
import { Muster } from '../support/muster';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const HOUR_MS = 3_600_000;
const HALF_AN_HOUR_MS = HOUR_MS / 2;
/** Shorter than the clocks are off. */
const WINDOW_MS = 600_000;
const COPIES = 8;
const PRELOAD = join(__dirname, '../support/shifted-clock.cjs');
jest.setTimeout(120_000);

const shiftsOf = (shifts: Record<string, number>) => ({
  MUSTER_CLOCK_SHIFTS: Object.entries(shifts)
    .map(([service, sign]) => `${service}=${sign * HOUR_MS}`)
    .join(','),
});

describe.each([
  ['ahead', 1],
  ['behind', -1],
] as const)(
  'a coordinator an hour %s of the database, and everybody else an hour off in either direction',
  (_, sign) => {
    const others = { verifier: -sign, planner: sign, console: -sign, supervisor: sign };
    let muster: Muster;
    let tools: ToolServer;
    let producer: IntakeProducer;
    beforeAll(async () => {
      const NODE_OPTIONS = `--require ${PRELOAD}`;
      [muster, tools] = await Promise.all([
        Muster.start({ env: { NODE_OPTIONS, ...shiftsOf({ coordinator: sign, executor: -sign, ...others }) } }),
        ToolServer.start(),
      ]);
      producer = await IntakeProducer.of(muster.client.url, muster.key);
      await muster.startAnother('executor', shiftsOf({ executor: sign }));
      await muster.startAnother('verifier', shiftsOf({ verifier: sign }));
      tools.withoutMemory('probed').withoutMemory('opaque');
      await muster.register(
        aTool('none', 'none', tools.url),
        aTool('keyed', 'keyed', tools.url, { dedupeWindowMs: WINDOW_MS }),
        aTool('probed', 'probed', tools.url),
        aTool('opaque', 'opaque', tools.url),
        aTool('busy', 'keyed', tools.url, { retry: { maxAttempts: 5, backoffMs: 200, maxBackoffMs: 1_000 } }),
        aTool('hung', 'none', tools.url, { timeoutMs: HOUR_MS }),
      );
    });
    afterEach(() => muster.expectNoBreach());
    afterAll(async () => {
      await producer?.close();
      await tools?.stop();
      await muster?.stop();
    });

    const submitMany = (tool: string) =>
      Promise.all(Array.from({ length: COPIES }, () => muster.submit(aPlan(aStep(tool)))));

    it('keeps the promise of each class, and nothing waits for an hour', async () => {
      tools.usually('none', ['lostbefore', 'ok']).usually('keyed', ['lostack', 'lost500', 'ok']);
      tools.usually('probed', ['lostbefore', 'lostack', 'ok']).usually('busy', ['busy', 'busy', 'ok']);
      tools.usually('opaque', 'lostack');

      const ends = await Promise.all(['none', 'keyed', 'probed', 'busy'].map(submitMany));
      const parked = await submitMany('opaque');

      await Promise.all(ends.flat().map((task) => task.reaches('completed')));
      for (const task of parked) expect(await task.isParked()).toBe('outcome_unknown');
      for (const tool of ['keyed', 'probed', 'busy', 'opaque']) expect(tools.effectsOf(tool)).toHaveLength(COPIES);
      expect(tools.requestsTo('opaque')).toHaveLength(COPIES);
      expect(tools.effectsOf('none').length).toBeGreaterThanOrEqual(COPIES);
    });

    it('has no worker given up, and no call sent again that was answered', async () => {
      await Promise.all((await submitMany('none')).map((task) => task.reaches('completed')));
      const gone = await muster.rows('select service, end_kind from worker where given_up_at is not null');
      const twice = await muster.rows(
        "select o.id from operation o join sending s on s.operation_id = o.id where o.tool = 'none' and s.outcome = 'succeeded' group by o.id having count(*) > 1",
      );

      expect({ gone, twice }).toEqual({ gone: [], twice: [] });
    });

    it('keeps a deadline that is nearer than the clocks are off, and cuts no call short for one that is far', async () => {
      tools.usually('hung', 'hang').usually('none', 'slow');
      const at = (ms: number) => new Date(Date.now() + ms).toISOString();

      const far = await muster.submit(aPlan(aStep('none'), aStep('none', { id: 'then', needs: ['none'] })), {
        deadlineAt: at(HALF_AN_HOUR_MS),
      });
      const near = await muster.submit(aPlan(aStep('hung')), { deadlineAt: at(1_500) });

      await far.reaches('completed');
      expect(await near.rests()).toMatchObject({ state: 'failed', failure: { exitReason: 'deadline' } });
      for (const { sendings } of await far.operations()) expect(sendings).toBe(1);
    });

    it('cancels at once what hangs', async () => {
      tools.usually('hung', 'hang');
      const before = tools.requestsTo('hung').length;
      const task = await muster.submit(aPlan(aStep('hung')));
      const request = await tools.request('hung', before + 1);

      await muster.client.tasks.cancel(task.id, { reason: 'No longer wanted.' });

      await task.reaches('cancelled');
      await until(() => request.letGoAt, { what: 'the call being let go' });
    });

    it('takes a job that was signed just now', async () => {
      const before = tools.effectsOf('keyed').length;
      await producer.add(producer.message(aTask(aPlan(aStep('keyed')))));

      await until(() => tools.effectsOf('keyed').length > before, { what: 'the job being done' });
    });
  },
);
