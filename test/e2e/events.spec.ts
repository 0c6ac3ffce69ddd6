import { gather, type TaskEvent } from '@muster/client';
import { type EventRow, findBreak, foldEvents } from '@muster/domain';
import { aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import type { RunningTask } from '../support/running-task';
import { ToolServer } from '../support/tool-server';

jest.setTimeout(90_000);

let muster: Muster;
let tools: ToolServer;
beforeAll(async () => {
  [muster, tools] = await Promise.all([Muster.start(), ToolServer.start()]);
  await muster.register(aTool('pay', 'keyed', tools.url), aTool('slowly', 'keyed', tools.url));
  tools.usually('slowly', 'slow');
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
});

const historyOf = ({ id }: RunningTask): Promise<TaskEvent[]> => gather(muster.client.tasks.history(id));

/** As they are stored: the exact text that the hashes cover. */
async function storedEvents({ id }: RunningTask): Promise<EventRow[]> {
  const rows = await muster.rows<Omit<EventRow, 'at'> & { at: Date }>(
    `select seq, type, at, data, encode(hash, 'hex') as hash from event where task_id = $1 order by seq`,
    id.replace('tsk_', ''),
  );
  return rows.map((row) => ({ ...row, at: row.at.getTime() }));
}

/** A task in which something of every kind happens: a retry, a skip, a forEach, a failure that is passed over, criteria. */
async function anEventfulTask(): Promise<RunningTask> {
  await muster.register(aTool('refuse', 'keyed', tools.url));
  tools.next('pay', 'lostack').usually('refuse', 'reject');
  const plan = aPlan(
    aStep('pay', { id: 'retried' }),
    aStep('pay', { id: 'skipped', when: 'false' }),
    aStep('refuse', { id: 'refused', onFailure: 'continue' }),
    aStep('pay', {
      id: 'each',
      needs: ['retried'],
      forEach: '${{ [1, 2, 3] }}',
      as: 'one',
      input: { n: '${{ one }}' },
    }),
    aStep('pay', { id: 'checked', needs: ['each', 'refused'], check: 'output.status == "done"' }),
  );
  return muster.submit({ ...plan, completion: ['steps.checked.state == "succeeded"'] });
}

describe('the history of a task', () => {
  it('is numbered from 1 without a gap, and every hash covers the one before it', async () => {
    const running = await anEventfulTask();
    await running.reaches('completed');

    const events = await storedEvents(running);

    expect(findBreak(events)).toBeUndefined();
    expect((await historyOf(running)).map(({ seq, hash }) => ({ seq, hash }))).toEqual(
      events.map(({ seq, hash }) => ({ seq, hash })),
    );
  });

  it('gives the rows when it is folded', async () => {
    const running = await anEventfulTask();
    const task = await running.reaches('completed');

    const folded = foldEvents(await storedEvents(running));

    const told = Object.fromEntries([...folded.steps].map(([key, { state }]) => [key, state]));
    const shown = Object.fromEntries(Object.entries(await running.steps()).map(([key, { state }]) => [key, state]));
    expect(folded.state).toBe(task.state);
    expect(told).toEqual(shown);
  });

  it('gives away a line that was changed, left out or moved', async () => {
    const running = await anEventfulTask();
    await running.reaches('completed');
    const events = await storedEvents(running);

    const changed = events.map((event) => (event.seq === 2 ? { ...event, data: '{}' } : event));

    expect(findBreak(changed)?.seq).toBe(2);
    expect(findBreak(events.filter(({ seq }) => seq !== 2))?.seq).toBe(3);
    expect(findBreak(events.toReversed())).toBeDefined();
  });
});

describe('a reader of the live history', () => {
  it('hears every event once, in order, until the task has ended', async () => {
    const running = await muster.submit(aPlan(aStep('slowly'), aStep('pay', { needs: ['slowly'] })));

    const heard = await gather(muster.client.tasks.events(running.id));

    expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, index) => index + 1));
    expect(heard.at(-1)?.type).toBe('task.completed');
    expect(heard).toEqual(await historyOf(running));
  });

  it('goes on where it left off after its connection broke', async () => {
    const running = await muster.submit(
      aPlan(aStep('slowly', { id: 'a' }), aStep('slowly', { id: 'b', needs: ['a'] })),
    );
    const first: TaskEvent[] = [];
    for await (const event of muster.client.tasks.events(running.id)) {
      first.push(event);
      if (first.length === 2) break;
    }

    const rest = await gather(muster.client.tasks.events(running.id, { after: 2 }));

    expect([...first, ...rest]).toEqual(await historyOf(running));
  });
});
