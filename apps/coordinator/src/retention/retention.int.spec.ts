import type { PrunedView } from '@muster/contracts';
import { newUuid, showId } from '@muster/domain';
import request from 'supertest';
import { TestCoordinator } from '../../../../test/support/coordinator';
import { expectNoBreach } from '../../../../test/support/invariants';
import { type Row, Rows, sha256 } from '../../../../test/support/rows';

const DAY_MS = 86_400_000;
const THIRTY_DAYS = { olderThanMs: 30 * DAY_MS };
const PAY = { id: 'pay', tool: 'bank.pay' };
const CONTENT = 'what came of it';

let coordinator: TestCoordinator;
let rows: Rows;
let key: string;
beforeAll(async () => {
  coordinator = await TestCoordinator.start();
}, 60_000);
beforeEach(async () => {
  rows = await Rows.begin(coordinator.database.client);
  key = await coordinator.key({ tenant: rows.tenantId });
});
afterEach(() => expectNoBreach(coordinator.database.client));
afterAll(() => coordinator.stop());

const sql = async (text: string, ...values: unknown[]): Promise<Row[]> =>
  (await coordinator.database.client.query(text, values)).rows;
const ask = (body: object, by = key) =>
  request(coordinator.server).post('/v1/prune').set('authorization', `Bearer ${by}`).send(body);
const prune = async (body: object = THIRTY_DAYS): Promise<PrunedView> => (await ask(body).expect(200)).body;
const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);
const isThere = async ({ id }: Row): Promise<boolean> => (await sql('select from task where id = $1', id)).length > 0;

/** A task of one step that ended so many days ago. */
async function ended(days: number, given: { task?: Row; step?: Row; operation?: Row } = {}) {
  const told = { pay: [given.step?.state ?? 'succeeded', 1] };
  const task = await rows.task({ steps: [PAY] }, { finished_at: daysAgo(days), ...given.task }, told);
  const step = await rows.step(task, 'pay', given.step);
  const operation = await rows.operation(step, given.operation);
  return { task, step, operation };
}

/** Everything that a task can leave behind, in every table. */
async function endedWithEverything(days: number) {
  const { task, step, operation } = await ended(days, {
    step: { epoch: 2 },
    operation: { sending: 2, epoch: 2, response: '{}' },
  });
  const ofTask = { task_id: task.id, tenant_id: rows.tenantId };
  await rows.sending(operation, { outcome: 'absent', code: 'connection_refused', response: 'no' });
  const seen = { ...ofTask, id: newUuid(), step_id: step.id, operation_id: operation.id, kind: 'read-back' };
  await rows.insert('evidence', { ...seen, began_at: daysAgo(days), finding: 'happened', body: 'seen' });
  const verdict = { ...ofTask, round: 1, passed: true, code: 'ok', message: '' };
  await rows.insert('verdict', { ...verdict, id: newUuid(), step_id: step.id });
  await rows.insert('verdict', { ...verdict, id: newUuid() });
  const refused = { step_id: step.id, epoch: 1, task_id: task.id, worker_id: rows.workerId };
  await rows.insert('refusal', { ...refused, code: 'not_granted', message: '' });
  const asked = { step_id: step.id, step_key: 'pay', operation_id: operation.id, tool: 'bank.pay' };
  const bytes = { request: operation.request, request_hash: operation.request_hash, contract_hash: rows.contractHash };
  await rows.insert('permit', { ...ofTask, ...asked, ...bytes, id: newUuid(), state: 'void' });
  const letter = { job_id: 'j', job_name: 'task.submit.v1', fingerprint: sha256(newUuid()), body: '{}', problem: '{}' };
  await rows.insert('intake_refusal', { ...letter, ...ofTask, id: newUuid(), redriven_at: daysAgo(days) });
  await artifactOf(task, step, CONTENT);
  return { task, step, operation };
}

async function artifactOf(task: Row, step: Row, content: string): Promise<void> {
  const about = { tenant_id: rows.tenantId, hash: sha256(content).toString('hex'), size: content.length };
  await sql(
    `insert into artifact (tenant_id, hash, size, media_type, content) values ($1, $2, $3, 'text/plain', $4) on conflict do nothing`,
    ...[about.tenant_id, about.hash, about.size, Buffer.from(content)],
  );
  const link = { ...about, task_id: task.id, step_id: step.id, operation_id: step.operation_id, name: 'report' };
  await rows.insert('artifact_link', { ...link, media_type: 'text/plain' });
}

/** How many rows of the task each table has. */
async function left({ id, plan_hash }: Row): Promise<Record<string, number>> {
  const ofTask = ['task_plan', 'step', 'operation', 'sending', 'evidence', 'verdict', 'refusal', 'permit'];
  const tables = [...ofTask, 'event', 'artifact_link', 'intake_refusal'];
  const counts = [
    ...tables.map((table) => `(select count(*)::int from ${table} where task_id = $1) as ${table}`),
    '(select count(*)::int from task where id = $1) as task',
    '(select count(*)::int from plan where hash = $2) as plan',
    '(select count(*)::int from artifact where tenant_id = $3) as artifact',
  ];
  return (await sql(`select ${counts.join(', ')}`, id, plan_hash, rows.tenantId))[0] as Record<string, number>;
}

const total = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, n) => sum + n, 0);

describe('a task that ended long ago', () => {
  it('leaves with everything that belongs to it, and the answer says what that was', async () => {
    const { task } = await endedWithEverything(31);
    expect(Object.values(await left(task))).not.toContain(0);

    const { removed, kept, nextCursor } = await prune();

    expect(total(await left(task))).toBe(0);
    expect(removed).toMatchObject({
      tasks: 1,
      steps: 1,
      operations: 1,
      sendings: 1,
      events: 1,
      plans: 1,
      artifacts: 1,
    });
    expect(removed.bytes).toBeGreaterThan(CONTENT.length);
    expect([total({ ...kept }), nextCursor]).toEqual([0, undefined]);
  });

  it('is gone for whoever asks for it, with the reason that there may be', async () => {
    const { task } = await ended(31);
    await prune();

    const { body } = await request(coordinator.server)
      .get(`/v1/tasks/${showId('task', String(task.id))}`)
      .set('authorization', `Bearer ${key}`)
      .expect(404);

    expect(body.detail).toContain('removed after its end');
  });

  it('is not there a second time', async () => {
    await ended(31);

    expect((await prune()).removed.tasks).toBe(1);
    expect((await prune()).removed).toMatchObject({ tasks: 0, bytes: 0 });
  });

  it('is only counted by a dry run, with the very figures', async () => {
    const { task } = await endedWithEverything(31);
    await ended(32, { step: { state: 'cancelled' }, task: { state: 'cancelled' }, operation: { state: 'unknown' } });

    const dry = await prune({ ...THIRTY_DAYS, dryRun: true });

    expect(total(await left(task))).toBeGreaterThan(0);
    expect(await prune()).toEqual({ ...dry, dryRun: false });
  });

  it('leaves what others share until the last of them goes', async () => {
    const old = await ended(31);
    const young = await ended(1, { task: { plan_hash: old.task.plan_hash } });
    await sql('update task_plan set plan_hash = $1 where task_id = $2', old.task.plan_hash, young.task.id);
    for (const { task, step } of [old, young]) await artifactOf(task, step, CONTENT);

    const first = await prune();

    expect([first.removed.tasks, first.removed.plans, first.removed.artifacts]).toEqual([1, 0, 0]);
    expect(await left(young.task)).toMatchObject({ plan: 1, artifact: 1 });
    await sql('update task set finished_at = $1 where id = $2', daysAgo(31), young.task.id);
    expect((await prune()).removed).toMatchObject({ tasks: 1, plans: 1, artifacts: 1 });
  });
});

describe('a task that somebody had to look at', () => {
  it('goes like any other once nothing of it waits for a person', async () => {
    const resolved = [{ type: 'NeedsAttention', status: false, reason: 'resolved', message: '', steps: 0 }];
    const { task } = await ended(31, { task: { conditions: JSON.stringify(resolved) } });

    expect((await prune()).removed.tasks).toBe(1);
    expect(await isThere(task)).toBe(false);
  });
});

describe('a task stays', () => {
  const RUNNING = { state: 'running', finished_at: null };
  const FAILED = { state: 'failed', failure: '{}' };
  const CANCELLED = { state: 'cancelled' };
  const attention = JSON.stringify([{ type: 'NeedsAttention', status: true, reason: 'x', message: '' }]);
  const failedCall = { state: 'failed', code: 'http_404' };

  it.each<[string, () => Promise<{ task: Row; operation: Row }>, kept: string | undefined]>([
    ['while it runs', () => ended(31, { task: RUNNING }), undefined],
    ['while it ended too short a time ago', () => ended(29), undefined],
    [
      'where it ended otherwise than asked for',
      () => ended(31, { task: FAILED, step: { state: 'failed' }, operation: failedCall }),
      undefined,
    ],
    ['while somebody has to look at it', () => ended(31, { task: { conditions: attention } }), 'needsAttention'],
    [
      'while nobody knows what became of a call',
      () => ended(31, { task: CANCELLED, step: { state: 'cancelled' }, operation: { state: 'unknown' } }),
      'unknownOperation',
    ],
    [
      'where an answer came late and says otherwise',
      async () => {
        const task = { ...CANCELLED };
        const found = await ended(31, { task, step: { state: 'cancelled' }, operation: { state: 'absent' } });
        await rows.sending(found.operation, { late: true, outcome: 'succeeded' });
        return found;
      },
      'lateAnswer',
    ],
  ])('%s', async (_, make, reason) => {
    const { task } = await make();

    const { removed, kept } = await prune({ ...THIRTY_DAYS, states: ['completed', 'cancelled'] });

    expect([removed.tasks, await isThere(task)]).toEqual([0, true]);
    expect(kept).toEqual({ needsAttention: 0, unknownOperation: 0, lateAnswer: 0, ...(reason && { [reason]: 1 }) });
  });

  it('where it is another tenant’s', async () => {
    const { task } = await ended(31);
    const stranger = await coordinator.key({ tenant: 'another' });

    expect((await ask(THIRTY_DAYS, stranger).expect(200)).body.removed.tasks).toBe(0);
    expect(await isThere(task)).toBe(true);
  });
});

describe('a command that does not add up', () => {
  it.each<[object, pointer: string, says: RegExp]>([
    [{}, '/olderThanMs', /required/],
    [{ olderThanMs: DAY_MS - 1 }, '/olderThanMs', /Say a day or more/],
    [{ olderThanMs: '30d' }, '/olderThanMs', /integer/],
    [{ ...THIRTY_DAYS, states: ['running'] }, '/states', /completed\|failed\|cancelled/],
    [{ ...THIRTY_DAYS, dryrun: true }, '/dryrun', /dryRun/],
  ])('is refused with the place of it: %j', async (body, pointer, says) => {
    const { task } = await ended(31);

    const { body: problem } = await ask(body).expect(422);

    expect(problem.errors).toMatchObject([{ pointer, message: expect.stringMatching(says) }]);
    expect(await isThere(task)).toBe(true);
  });

  it('is refused where its cursor is none', async () => {
    await ask({ ...THIRTY_DAYS, cursor: 'x' }).expect(400);
  });

  it('is for operators', async () => {
    const writer = await coordinator.key({ tenant: rows.tenantId, scopes: ['tasks:write', 'tasks:read'] });

    await ask(THIRTY_DAYS, writer).expect(403);
  });
});
