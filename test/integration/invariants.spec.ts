import { newUuid, type StepDocument } from '@muster/domain';
import { INVARIANTS, runInvariants } from '@muster/persistence';
import { freshDatabase, type TestDatabase } from '../support/database';
import { type Row, Rows, sha256 } from '../support/rows';

const PAY: StepDocument = { id: 'pay', tool: 'bank.pay' };
const AFTER: StepDocument = { id: 'after', tool: 'bank.pay', needs: ['pay'] };
const LONG_AGO = new Date('2020-01-01T00:00:00Z');
const MEND_WITHIN_MS = 1_000;

let database: TestDatabase;
let rows: Rows;
beforeAll(async () => {
  database = await freshDatabase();
  // The guards are taken down, since the breaches below are those that would slip through a hole in them.
  await database.client.query('set session_replication_role = replica');
  for (const { table, name } of await checks())
    await database.client.query(`alter table ${table} drop constraint ${name}`);
});
// Every test has its rows to itself: they are never committed.
beforeEach(async () => {
  await database.client.query('begin');
  rows = await Rows.begin(database.client, {
    effect: 'probed',
    probe: { absentAfterMs: 5_000 },
    dedupeWindowMs: 60_000,
    definite: { notDone: [503] },
  });
});
afterEach(() => database.client.query('rollback'));
afterAll(() => database.drop());

const aTask = (steps: StepDocument[], given: Row, told: Row) => rows.task({ steps }, { ...RUNNING, ...given }, told);
const RUNNING = { state: 'running', finished_at: null };
const PENDING = { state: 'pending', epoch: 0, finished_at: null };

/** One task with one paid step; what is given is what is wrong with it. */
async function aPaidStep(wrong: { task?: Row; step?: Row; operation?: Row } = {}) {
  const told = { pay: [wrong.step?.state ?? 'succeeded', wrong.step?.epoch ?? 1] };
  const task = await aTask([PAY], { ...wrong.task }, told);
  const step = await rows.step(task, 'pay', wrong.step);
  const operation = await rows.operation(step, wrong.operation);
  return { task, step, operation };
}

/** Two steps, the second needing the first. */
async function aChain(wrong: { first?: Row; second?: Row } = {}) {
  const task = await aTask([PAY, AFTER], { open_steps: 1 }, { pay: ['succeeded', 1], after: ['pending', 0] });
  const first = await rows.step(task, 'pay', wrong.first);
  const second = await rows.step(task, 'after', { plan_index: 1, ...PENDING, needs: [first.id], ...wrong.second });
  await database.client.query('update step set dependants = $1 where id = $2', [[second.id], first.id]);
  if (first.state === 'succeeded') await rows.operation(first);
  return { task, first, second };
}

async function aResentStep(effect: string, sending: Row = {}) {
  const paid = await aPaidStep({ step: { epoch: 2 }, operation: { effect, sending: 2, epoch: 2 } });
  await rows.sending(paid.operation, sending);
  return paid;
}

/** An agent that has succeeded with one call; what is given is what is wrong with the call. */
async function aCall(wrong: Row = {}): Promise<Row> {
  const { task, step } = await aPaidStep({ step: { kind: 'agent' } });
  return rows.step(task, 'pay/1', { parent_id: step.id, item_index: 1, operation_id: newUuid(), ...wrong });
}

/** One breach of each invariant. */
const PLANTED: Record<string, () => Promise<unknown>> = {
  'settled-operation-has-an-answer': () => aPaidStep({ operation: { response_hash: null } }),
  'recorded-bytes-match-their-hash': () => aPaidStep({ operation: { request: Buffer.from('other bytes') } }),
  'every-sending-carries-the-same-bytes': () => aResentStep('keyed', { request_hash: sha256('other bytes') }),
  'one-operation-per-call': async () => {
    const { step } = await aPaidStep();
    await rows.operation(step, { id: '00000000-0000-7000-8000-000000000001' });
  },
  'every-operation-has-its-step': () => aPaidStep({ operation: { step_key: 'another' } }),
  'epoch-is-claimed-once': () => aResentStep('keyed', { epoch: 2 }),
  'earlier-sendings-are-kept': () => aPaidStep({ operation: { sending: 2 } }),
  'opaque-is-never-sent-blindly': () => aResentStep('opaque'),
  'keyed-is-resent-inside-its-window': async () => {
    const { operation } = await aResentStep('keyed');
    await sentAgainAt(operation, new Date('2026-01-01T10:01:00.001Z'));
  },
  'quarantine-counts-lost-workers': async () => {
    const { operation } = await aPaidStep({
      task: { open_steps: 1 },
      step: { state: 'parked', finished_at: null, condition: '{"kind":"person","reason":"quarantined"}', epoch: 2 },
      operation: { state: 'unknown', sending: 2, code: 'worker_lost', epoch: 2 },
    });
    await rows.sending(operation, { code: 'worker_lost' });
  },
  'calls-are-counted': () => aPaidStep({ task: { tool_calls: 0 } }),
  'probed-is-resent-on-proof-only': async () => {
    const { operation } = await aResentStep('probed', { ended_at: new Date('2026-01-01T10:00:00Z') });
    await aProbe(operation, new Date('2026-01-01T10:00:04.999Z'));
  },
  'permit-releases-one-exact-operation': () => aPaidStep({ step: { permit: true } }),
  'revisions-keep-what-has-begun': () => aPaidStep({ step: { condition: '{"kind":"none","reason":"replaced"}' } }),
  'permit-is-awaited': () =>
    aPaidStep({
      step: { state: 'parked', finished_at: null, condition: '{"kind":"person","reason":"permit_required"}' },
      operation: { state: 'unknown' },
    }),
  'nothing-is-sent-after-a-withdrawal': () =>
    aPaidStep({ task: { withdrawal: 'cancel', withdrawn_at: LONG_AGO, fence: 1 }, operation: { fence: 1 } }),
  'only-granted-tools-are-called': () => aPaidStep({ task: { granted_hashes: [] } }),
  'failed-beyond-doubt': () => aPaidStep({ step: { state: 'failed' }, operation: { state: 'failed', doubt: 1 } }),
  'artifact-is-what-its-hash-names': () =>
    rows.insert('artifact', {
      tenant_id: rows.tenantId,
      hash: 'f00d',
      size: 3,
      media_type: 'text/plain',
      content: Buffer.from('abc'),
    }),
  'lost-sendings-are-concluded': async () => {
    const worker = await rows.worker({ state: 'dead', given_up_at: LONG_AGO });
    await aPaidStep({
      task: { open_steps: 1 },
      step: { state: 'dispatched', finished_at: null },
      operation: { state: 'sent', worker_id: worker.id },
    });
  },
  'success-rests-on-the-ledger': () => aPaidStep({ operation: { state: 'unknown' } }),
  'steps-run-after-their-needs': async () => {
    const { second } = await aChain({
      first: { state: 'dispatched', finished_at: null },
      second: { state: 'dispatched', epoch: 1, waiting_on: 1 },
    });
    await rows.operation(second);
  },
  'waiting-on-counts-the-unmet-needs': () => aChain({ second: { waiting_on: 1 } }),
  'needs-and-dependants-mirror-each-other': async () => {
    const { task } = await aPaidStep();
    await rows.step(task, 'after', { plan_index: 1, ...PENDING, needs: [(await aPaidStep()).step.id] });
  },
  'ready-steps-wait-for-nothing': () => aChain({ second: { state: 'ready', waiting_on: 1 } }),
  'skips-have-a-reason': () => aChain({ second: { state: 'skipped' } }),
  'open-steps-are-counted': () => aPaidStep({ task: { open_steps: 1 } }),
  'steps-are-counted-by-state': () => aPaidStep({ task: { step_counts: '{"succeeded":2}' } }),
  'labels-find-their-tasks': () => aPaidStep({ task: { labels: { team: 'a' } } }),
  'nothing-is-in-flight-after-the-end': () =>
    aPaidStep({
      task: { state: 'cancelled', finished_at: LONG_AGO },
      step: { state: 'cancelled' },
      operation: { state: 'sent' },
    }),
  'completion-rests-on-evidence': () =>
    aPaidStep({ task: { state: 'completed', finished_at: LONG_AGO, criteria_count: 1 } }),
  'verdicts-are-heard': async () => {
    const { task, step } = await aPaidStep();
    await rows.insert('verdict', {
      id: step.id,
      tenant_id: rows.tenantId,
      task_id: task.id,
      step_id: step.id,
      round: 1,
      passed: false,
      code: 'check_failed',
      message: 'no',
    });
  },
  'one-plan-is-active': () => aPaidStep({ task: { plan_revision: 2 } }),
  'ended-rows-say-when': () => aPaidStep({ step: { finished_at: null } }),
  'definite-outcomes-move-their-step': () =>
    aPaidStep({
      task: { open_steps: 1 },
      step: { state: 'parked', finished_at: null },
      operation: { settled_at: LONG_AGO },
    }),
  'nothing-is-forgotten': () => aPaidStep({ task: { due_at: LONG_AGO } }),
  'events-are-gapless': async () => {
    const { task } = await aPaidStep({ task: { event_seq: 3 } });
    await rows.event(task, { seq: 3 });
  },
  'events-belong-to-a-task': async () => {
    const { task } = await aPaidStep();
    await rows.event({ ...task, id: '00000000-0000-7000-8000-000000000002' });
  },
  'refused-calls-never-left': async () => rows.operation(await aCall({ state: 'skipped' })),
  'sub-plans-rest-on-success': async () => {
    const need = await aCall({ state: 'failed' });
    const key = { key: 'pay/2', item_index: 2, parent_id: need.parent_id, operation_id: newUuid() };
    const task = { id: need.task_id, tenant_id: need.tenant_id };
    await rows.operation(await rows.step(task, key.key, { ...key, needs: [need.id] }));
  },
  'agents-wait-for-their-calls': () => aCall({ state: 'dispatched', finished_at: null }),
  'calls-stand-under-an-agent': () => aCall({ key: 'pay/2' }),
  'spending-is-summed-up': () => aCall({ spent: '{"tokens":15}' }),
  'tenants-do-not-mix': () => aPaidStep({ step: { tenant_id: 'another' } }),
  'ends-are-told': () => aPaidStep({ task: { state: 'failed', finished_at: LONG_AGO } }),
};

/** Other ways to break an invariant, of those that have several. */
const ALSO_PLANTED: [invariant: string, how: string, plant: () => Promise<unknown>][] = [
  [
    'opaque-is-never-sent-blindly',
    'by concluding that it was absent, on nobody’s word',
    () => aResentStep('opaque', { outcome: 'absent', code: 'timeout' }),
  ],
  [
    'probed-is-resent-on-proof-only',
    'by concluding that it was absent, without a probe',
    () => aResentStep('probed', { outcome: 'absent', code: 'connection_reset' }),
  ],
  [
    'nothing-is-sent-after-a-withdrawal',
    'in an earlier sending',
    async () => {
      const { task, operation } = await aResentStep('keyed', { fence: 1 });
      await database.client.query(
        "update task set withdrawal = 'cancel', withdrawn_at = now(), fence = 1 where id = $1",
        [task.id],
      );
      expect(operation.fence).toBe(0);
    },
  ],
  [
    'steps-run-after-their-needs',
    'before the verdict on one of them',
    async () => {
      const { second } = await aChain({ second: { state: 'dispatched', epoch: 1 } });
      await database.client.query("update step set state = 'verifying', finished_at = null where key = 'pay'");
      await rows.operation(second);
    },
  ],
  ['calls-are-counted', 'by spending more than the budget', () => aPaidStep({ task: { budget: '{"toolCalls":9}' } })],
];

describe('the invariants', () => {
  it('find nothing wrong with a task that was paid, resent on proof, and completed', async () => {
    const { operation } = await aResentStep('probed');
    await aProbe(operation, new Date('2026-01-01T10:00:05Z'), { resent: new Date('2026-01-01T10:00:06Z') });
    await aPaidStep({ task: { state: 'completed', finished_at: LONG_AGO } });
    await aChain();

    expect(await runInvariants(database.client, { mendWithinMs: MEND_WITHIN_MS })).toEqual([]);
  });

  it.each(INVARIANTS.map(({ name }) => name))('%s finds a row that breaks it', async (name) => {
    const plant = PLANTED[name];
    if (!plant) throw new Error(`Nothing is planted for ${name}: an invariant that cannot fail shows nothing.`);

    await plant();

    expect(await brokenOnes()).toContain(name);
  });

  it.each(ALSO_PLANTED)('%s finds a row that breaks it %s', async (name, _how, plant) => {
    await plant();

    expect(await brokenOnes()).toContain(name);
  });

  it.each([
    ['that was turned away', { outcome: 'absent', code: 'http_503' }],
    ['that never left', { outcome: 'absent', code: 'connection_refused' }],
  ])('let a sending be repeated %s', async (_, sending) => {
    await aResentStep('probed', sending);
    await aResentStep('opaque', sending);

    expect(await brokenOnes()).toEqual([]);
  });
});

const brokenOnes = async () =>
  (await runInvariants(database.client, { mendWithinMs: MEND_WITHIN_MS })).map(({ invariant }) => invariant);

describe('a task’s history', () => {
  it.each([
    [
      'a state that no event tells',
      'update step set epoch = epoch + 1',
      'event 1: step pay is succeeded at epoch 2, the history says succeeded at epoch 1',
    ],
    [
      'an event that was rewritten',
      `update event set data = '{"state":"running"}'`,
      'event 1: its hash does not cover what it says',
    ],
    ['an event that was taken away', 'update event set seq = 2', 'event 2: event 1 is missing'],
  ])('gives away %s', async (_, tampering, wrong) => {
    const { task } = await aPaidStep();

    await database.client.query(tampering);

    const breaches = await runInvariants(database.client);
    const history = breaches.find(({ invariant }) => invariant === 'history-folds-to-the-rows');
    expect(history?.rows).toEqual([{ id: task.id, wrong: [wrong] }]);
  });
});

const sentAgainAt = (operation: Row, at: Date) =>
  database.client.query('update operation set sent_at = $1 where id = $2', [at, operation.id]);

async function aProbe(operation: Row, beganAt: Date, { resent = beganAt } = {}): Promise<void> {
  await sentAgainAt(operation, resent);
  await rows.insert('evidence', {
    id: operation.id,
    tenant_id: rows.tenantId,
    task_id: operation.task_id,
    operation_id: operation.id,
    kind: 'probe',
    began_at: beganAt,
    finding: 'absent',
  });
}

async function checks(): Promise<{ table: string; name: string }[]> {
  const { rows: found } = await database.client.query(
    "select conrelid::regclass::text as table, conname as name from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace",
  );
  return found;
}
