import { get as httpGet } from 'node:http';
import { parseId, showId } from '@muster/domain';
import request, { type Test } from 'supertest';
import { aChain, aTask, aTool } from '../../../../test/support/builders';
import { TestCoordinator } from '../../../../test/support/coordinator';
import { type Row, Rows } from '../../../../test/support/rows';
import { until } from '../../../../test/support/until';

let coordinator: TestCoordinator;
let rows: Rows;
let key: string;

beforeAll(async () => {
  coordinator = await TestCoordinator.start();
  rows = await Rows.begin(coordinator.database.client);
  key = await coordinator.key({ tenant: rows.tenantId });
  await as(request(coordinator.server).put('/v1/tools/bank.pay'))
    .send(aTool('bank.pay', 'keyed', 'http://127.0.0.1:1'))
    .expect(200);
}, 60_000);
afterAll(() => coordinator.stop());

const as = (test: Test): Test => test.set('authorization', `Bearer ${key}`);
const get = (path: string): Test => as(request(coordinator.server).get(path));
const post = (path: string): Test => as(request(coordinator.server).post(path));
const shown = (task: Row): string => showId('task', String(task.id));
const STEP = { id: 'pay', tool: 'bank.pay' };

async function allOf<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await get(path + (cursor ? `&cursor=${encodeURIComponent(cursor)}` : '')).expect(200);
    items.push(...body.items);
    cursor = body.nextCursor;
  } while (cursor);
  return items;
}

describe('a forEach that has ended', () => {
  it('shows its items behind it, and its output is theirs in their order, null for one that failed', async () => {
    const task = await rows.task({ steps: [STEP] });
    const parent = await rows.step(task, 'pay', { plan_index: 0 });
    const done = { plan_index: 0, parent_id: parent.id };
    for (const index of [1, 0]) {
      const item = await rows.step(task, `pay[${index}]`, { ...done, item_index: index });
      await rows.operation(item, { response: Buffer.from(`{"n":${index}}`) });
    }
    await rows.step(task, 'pay[2]', { ...done, item_index: 2, state: 'failed' });
    await rows.step(task, 'after', { plan_index: 1, needs: [parent.id] });

    const steps = await allOf<{ key: string; output: unknown; needs: string[] }>(
      `/v1/tasks/${shown(task)}/steps?limit=2`,
    );

    expect(steps.map((step) => step.key)).toEqual(['pay', 'pay[0]', 'pay[1]', 'pay[2]', 'after']);
    expect(steps[0]?.output).toEqual([{ n: 0 }, { n: 1 }, null]);
    expect([steps[1]?.output, steps[4]?.needs]).toEqual([{ n: 0 }, ['pay']]);
  });
});

describe('a step that an executor has sent', () => {
  it('is executing at the epoch of its operation, and dispatched again after', async () => {
    const moving = { state: 'running', finished_at: null, open_steps: 2 };
    const task = await rows.task({ steps: [STEP] }, moving, { pay: ['dispatched', 2], next: ['dispatched', 2] });
    await rows.step(task, 'next', { state: 'dispatched', finished_at: null, epoch: 2, plan_index: 1 });
    const step = await rows.step(task, 'pay', { state: 'dispatched', finished_at: null, epoch: 2 });
    const open = { state: 'sent', response_hash: null, resolver: null, settled_at: null };
    await rows.operation(step, { ...open, epoch: 2 });

    expect((await get(`/v1/tasks/${shown(task)}`)).body.counts).toEqual({ dispatched: 1, executing: 1 });
    await coordinator.database.client.query('update operation set epoch = 1 where step_id = $1', [step.id]);
    expect((await get(`/v1/tasks/${shown(task)}/steps`)).body.items[0].state).toBe('dispatched');
    expect((await get(`/v1/tasks/${shown(task)}`)).body.counts).toEqual({ dispatched: 2 });
  });
});

describe('the operations of a task', () => {
  it('come in the order they were first sent, to the microsecond, each with what was learnt of it', async () => {
    const task = await rows.task({ steps: [STEP] }, { state: 'failed' });
    const steps: Row[] = [];
    for (const [index, name] of ['c', 'a', 'b'].entries())
      steps.push(await rows.step(task, name, { plan_index: index }));
    for (const [index, step] of [...steps].reverse().entries()) {
      const operation = await rows.operation(step, {
        sending: 2,
        first_sent_at: `2026-01-01T10:00:00.00000${9 - index}Z`,
      });
      await rows.sending(operation);
    }

    const operations = await allOf<Record<string, unknown>>(`/v1/tasks/${shown(task)}/operations?limit=1`);

    expect(operations.map((operation) => operation.stepKey)).toEqual(['c', 'a', 'b']);
    expect(operations[0]).toMatchObject({ sendings: 2, state: 'succeeded', evidence: [{ kind: 'sending' }] });
    expect((await get(`/v1/tasks/${shown(task)}`)).body.standingEffects).toHaveLength(3);
  });
});

describe('an artifact', () => {
  it('is listed, and given as its bytes that no browser will run', async () => {
    const task = await rows.task({ steps: [STEP] });
    const step = await rows.step(task, 'pay');
    const about = { tenant_id: rows.tenantId, hash: 'ab12', size: 9, media_type: 'text/html' };
    await rows.insert('artifact', { ...about, content: Buffer.from('<b>hi</b>') });
    await rows.insert('artifact_link', {
      ...about,
      task_id: task.id,
      step_id: step.id,
      operation_id: step.operation_id,
      name: 'report.html',
    });

    const list = await get(`/v1/tasks/${shown(task)}/artifacts`);
    const content = await get(`/v1/tasks/${shown(task)}/artifacts/report.html`);

    expect(list.body.items).toMatchObject([{ name: 'report.html', stepKey: 'pay', size: 9 }]);
    expect([content.text, content.headers['content-disposition']]).toEqual(['<b>hi</b>', 'attachment']);
    await get(`/v1/tasks/${shown(task)}/artifacts/other`).expect(404);
  });
});

describe('the list of tasks', () => {
  it('is filtered by label and state, and complete while tasks are added', async () => {
    const labels = { suite: 'list' };
    const submit = async (): Promise<string> =>
      (await post('/v1/tasks').send(aTask({ steps: [STEP] }, { labels }))).body.id;
    const made = [await submit(), await submit(), await submit()];
    await post('/v1/tasks').send(aTask({ steps: [STEP] }, { labels: { suite: 'other' } }));

    const first = await get('/v1/tasks?limit=2&label=suite%3Dlist&state=running');
    await submit();
    const second = await get(`/v1/tasks?limit=2&label=suite%3Dlist&cursor=${first.body.nextCursor}`);

    const seen = [...first.body.items, ...second.body.items].map((task: { id: string }) => task.id);
    expect(seen).toEqual([...made].reverse());
    expect(second.body.nextCursor).toBeUndefined();
    expect((await get('/v1/tasks?label=suite%3Dlist&state=failed')).body.items).toEqual([]);
  });
});

describe('a cancel', () => {
  it('that names a stale revision is refused, and one that names the right one ends the task', async () => {
    const made = await post('/v1/tasks').send(aTask(aChain('bank.pay', 3)));
    const cancel = (etag: string) =>
      post(`${made.headers.location}/cancel`).set('if-match', etag).send({ reason: 'test' });

    expect((await cancel('"99"')).status).toBe(412);
    expect((await cancel(String(made.headers.etag))).status).toBe(202);

    const ended = await get(`${made.headers.location}?waitMs=5000`);
    expect(ended.body.state).toBe('cancelled');
    expect((await post(`${made.headers.location}/cancel`).send({})).status).toBe(202);
  });

  it('of a task that has completed is refused', async () => {
    const { body, headers } = await post('/v1/tasks').send(aTask({ steps: [STEP] }));
    const end =
      "update task set state = 'completed', open_steps = 0, finished_at = now(), revision = revision + 1 where id = $1";
    await coordinator.database.client.query(end, [parseId('task', body.id)]);

    expect((await post(`${headers.location}/cancel`).send({ reason: 'late' })).status).toBe(409);
  });
});

describe('a resolution', () => {
  it('of an operation that waits for nobody is 409, and one with faults is told of them', async () => {
    const { body } = await post('/v1/tasks').send(aTask({ steps: [STEP] }));
    const ofTask = 'select * from step where task_id = $1';
    const { rows: steps } = await coordinator.database.client.query<Row>(ofTask, [parseId('task', body.id)]);
    const operation = await rows.operation(steps[0]!);
    const path = `/v1/operations/${showId('operation', String(operation.id))}/resolve`;

    const late = await post(path).send({ outcome: 'absent', evidence: {}, reason: 'x' });
    const faulty = await post(path).send({ outcome: 'perhaps', evidence: {} });

    expect(late.status).toBe(409);
    expect(faulty.body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual([
      '/outcome',
      '/reason',
    ]);
  });
});

describe('a step that the verifier has passed', () => {
  it('is verified, and not only executed; a verdict of an earlier round says nothing of this one', async () => {
    const task = await rows.task({ steps: [STEP] });
    const step = await rows.step(task, 'pay', { epoch: 2 });
    await rows.operation(step, { epoch: 2 });
    const verifiedOf = async () =>
      (await get(`/v1/tasks/${shown(task)}/steps`)).body.items[0].conditions.map(({ type, status }: Row) => [
        type,
        status,
      ]);
    const insert = `insert into verdict (id, tenant_id, task_id, step_id, round, passed, code, message)
      values (gen_random_uuid(), $1, $2, $3, $4, true, 'passed', 'All checks hold.')`;

    await coordinator.database.client.query(insert, [rows.tenantId, task.id, step.id, 1]);
    expect(await verifiedOf()).toEqual([]);
    await coordinator.database.client.query(insert, [rows.tenantId, task.id, step.id, 2]);
    expect(await verifiedOf()).toEqual([['Verified', true]]);
  });
});

describe('a caller that waits', () => {
  it('is answered when its time is up, and at once when the task ends', async () => {
    const { headers } = await post('/v1/tasks').send(aTask({ steps: [STEP] }));

    expect((await get(`${headers.location}?waitMs=50`)).body.state).toBe('running');
    const waiting = get(`${headers.location}?waitMs=30000`).then((answer) => answer.body.state);
    await post(`${headers.location}/cancel`).send({ reason: 'test' });

    expect(await waiting).toBe('cancelled');
  });
});

describe('a caller that waits where it submits', () => {
  it('is answered when its time is up, and at once when the task ends', async () => {
    const early = await post('/v1/tasks?waitMs=50').send(aTask({ steps: [STEP] }));
    expect(early).toMatchObject({ status: 202, body: { state: 'running' } });

    const request = { ...aTask({ steps: [STEP] }), labels: { suite: 'waits' } };
    const waiting = post('/v1/tasks?waitMs=30000')
      .send(request)
      .then(({ body }) => body.state);
    const made = await until(async () => (await get('/v1/tasks?label=suite%3Dwaits')).body.items[0]);
    await post(`/v1/tasks/${made.id}/cancel`).send({ reason: 'test' });

    expect(await waiting).toBe('cancelled');
  });
});

describe('the event stream', () => {
  it('tells what was, then what comes, each once with its number, and ends with the task', async () => {
    const { headers } = await post('/v1/tasks').send(aTask({ steps: [STEP] }));
    const stream = follow(headers.location!, 0);
    await stream.first;

    await post(`${headers.location}/cancel`).send({ reason: 'test' });
    const live = await stream.ended;

    const stored = await allOf<{ seq: number }>(`${headers.location}/events?limit=2`);
    expect(live).toEqual(stored);
    expect(await follow(headers.location!, 1).ended).toEqual(stored.slice(1));
  });
});

interface Stream {
  readonly first: Promise<unknown>;
  readonly ended: Promise<unknown[]>;
}

function follow(path: string, after: number): Stream {
  const headers = { authorization: `Bearer ${key}`, accept: 'text/event-stream', 'last-event-id': String(after) };
  let announce: (chunk: unknown) => void;
  const first = new Promise((resolve) => {
    announce = resolve;
  });
  const ended = new Promise<unknown[]>((resolve, reject) => {
    const call = httpGet(`${coordinator.url}${path}/events`, { headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
        announce(text);
      });
      response.on('end', () => resolve([...text.matchAll(/^data: (.*)$/gm)].map(([, line]) => JSON.parse(line!))));
    });
    call.on('error', reject);
  });
  return { first, ended };
}
