import type { VerificationView } from '@muster/contracts';
import { CHAIN_START, chainEvents, type EventRow, newUuid, showId } from '@muster/domain';
import request from 'supertest';
import { TestCoordinator } from '../../../../../test/support/coordinator';
import { type Row, Rows } from '../../../../../test/support/rows';

const AT = Date.parse('2026-01-01T10:00:00Z');
/** More than the reader takes at a time. */
const LONG = 2_500;

let coordinator: TestCoordinator;
let rows: Rows;
let key: string;
beforeAll(async () => {
  coordinator = await TestCoordinator.start();
  // The guards are taken down: whoever tampers with history is past them.
  await coordinator.database.client.query('set session_replication_role = replica');
  rows = await Rows.begin(coordinator.database.client);
  key = await coordinator.key({ tenant: rows.tenantId });
}, 60_000);
afterAll(() => coordinator.stop());

type VerificationPage = { items: VerificationView[]; nextCursor?: string };
const sql = (text: string, ...values: unknown[]) => coordinator.database.client.query(text, values);
const ask = (path: string, by = key) => request(coordinator.server).get(path).set('authorization', `Bearer ${by}`);
const pathOf = (task: Row) => `/v1/tasks/${showId('task', String(task.id))}/verification`;
const verify = async (task: Row): Promise<VerificationView> => (await ask(pathOf(task)).expect(200)).body;

/** A completed task with one step, whose history has `length` events and tells of exactly that. */
async function aTask(length = 4): Promise<Row> {
  const events = historyOf(length);
  const last = events.at(-1)!;
  const task = await rows.task(
    { steps: [{ id: 'pay', tool: 'bank.pay' }] },
    {
      id: newUuid(),
      event_seq: last.seq,
      event_hash: Buffer.from(last.hash, 'hex'),
    },
  );
  await sql('delete from event where task_id = $1', task.id);
  await rows.step(task, 'pay');
  for (const event of events) await add(task, event);
  return task;
}

function historyOf(length: number): EventRow[] {
  const noise = Array.from({ length: length - 3 }, (_, index) => ({ type: 'step.noted', data: { index } }));
  const drafts = [
    { type: 'task.accepted', data: { state: 'running', fence: 0, open: ['pay'] } },
    ...noise,
    { type: 'step.succeeded', data: { steps: { pay: ['succeeded', 1] } } },
    { type: 'task.completed', data: { state: 'completed' } },
  ];
  return chainEvents(drafts, { seq: 0, hash: CHAIN_START }, AT);
}

const add = (task: Row, { hash, at, ...event }: EventRow) =>
  rows.event(task, { ...event, at: new Date(at), hash: Buffer.from(hash, 'hex') });

describe('a history that nobody touched', () => {
  it('is whole and gives its rows, also where it takes several pages', async () => {
    const [short, long] = [await aTask(), await aTask(LONG)];

    expect(await verify(short)).toMatchObject({ ok: true, events: 4, steps: 1, wrong: [] });
    expect(await verify(long)).toMatchObject({ ok: true, events: LONG, steps: 1, wrong: [] });
  });
});

describe('tampering', () => {
  const change = (set: string, seq: number) => (task: Row) =>
    sql(`update event set ${set} where task_id = $1 and seq = $2`, task.id, seq);

  it.each<[string, (task: Row) => Promise<unknown>, seq: number, reason: string]>([
    ['with what an event says', change(`data = data || ' '`, 2), 2, 'its hash does not cover what it says'],
    ['with its type', change(`type = 'step.failed'`, 3), 3, 'its hash does not cover what it says'],
    ['with its time', change(`at = at + interval '1 second'`, 1), 1, 'its hash does not cover what it says'],
    ['with its hash', change(`hash = sha256('x')`, 2), 2, 'its hash does not cover what it says'],
    [
      'by taking an event away',
      (task) => sql('delete from event where task_id = $1 and seq = 2', task.id),
      3,
      'event 2 is missing',
    ],
    [
      'by taking the last one away',
      (task) => sql('delete from event where task_id = $1 and seq = 4', task.id),
      4,
      'it is missing; the task knows of 4 events',
    ],
    ['by adding one at the end', addForged, 5, 'the task knows of 4 events only'],
    ['by writing the whole history anew', rewriteAll, 4, 'the task knows its last event by another hash'],
    [
      'with the row of a step',
      (task) => sql('update step set epoch = 2 where task_id = $1', task.id),
      4,
      'step pay is succeeded at epoch 2, the history says succeeded at epoch 1',
    ],
    [
      'with the row of the task',
      (task) => sql("update task set state = 'failed' where id = $1", task.id),
      4,
      'the task is failed, its history says completed',
    ],
    [
      'by taking a step away',
      (task) => sql('delete from step where task_id = $1', task.id),
      4,
      'step pay has no row, the history tells of it',
    ],
  ])('%s is named with its line', async (_, tamper, seq, reason) => {
    const task = await aTask();

    await tamper(task);

    expect(await verify(task)).toMatchObject({ ok: false, wrong: [{ seq, reason }] });
  });

  it('far behind the first page is named as well', async () => {
    const task = await aTask(LONG);

    await change(`data = '{}'`, 2_001)(task);

    expect(await verify(task)).toMatchObject({ ok: false, events: 2_000, wrong: [{ seq: 2_001 }] });
  });

  async function addForged(task: Row): Promise<void> {
    const last = historyOf(4).at(-1)!;
    const [more] = chainEvents([{ type: 'task.failed', data: { state: 'failed' } }], last, AT);
    await add(task, more!);
  }

  async function rewriteAll(task: Row): Promise<void> {
    await sql('delete from event where task_id = $1', task.id);
    const forged = historyOf(4).map(({ type, data }) => ({
      type: `${type}`,
      data: { ...JSON.parse(data), forged: true },
    }));
    for (const event of chainEvents(forged, { seq: 0, hash: CHAIN_START }, AT)) await add(task, event);
  }
});

describe('all histories', () => {
  it('come in pages, newest first, each task once', async () => {
    const tenant = await Rows.begin(coordinator.database.client);
    const operator = await coordinator.key({ tenant: tenant.tenantId });
    const made: string[] = [];
    for (let n = 0; n < 5; n++) {
      const task = await tenant.task({ steps: [{ id: 'pay', tool: 'bank.pay' }] });
      made.unshift(showId('task', String(task.id)));
    }

    const found: string[] = [];
    for (let path: string | undefined = '/v1/verification?limit=2'; path; ) {
      const { items, nextCursor }: VerificationPage = (await ask(path, operator).expect(200)).body;
      expect(items.every(({ ok }) => ok)).toBe(true);
      found.push(...items.map(({ taskId }) => taskId));
      path = nextCursor && `/v1/verification?limit=2&cursor=${nextCursor}`;
    }

    expect(found).toEqual(made);
  });

  it('are for operators, and a task is for its tenant alone', async () => {
    const task = await aTask();
    const reader = await coordinator.key({ tenant: rows.tenantId, scopes: ['tasks:read'] });
    const stranger = await coordinator.key({ tenant: 'another' });

    await ask('/v1/verification', reader).expect(403);
    await ask(pathOf(task), reader).expect(200);
    await ask(pathOf(task), stranger).expect(404);
  });
});
