import { newUuid } from '@muster/domain';
import { ANY_UUID, connectionSettings, Database, type NamedSql } from '@muster/persistence';
import { Client } from 'pg';
import { AGENT_CALLS, EXPAND, LAST_EFFECTS, LOAD, RECALL } from '../../apps/coordinator/src/lifecycle/load.sql';
import {
  COMMIT,
  COMMIT_WHOLE,
  COMMIT_WITHDRAWAL,
  FIND_BY_KEY,
  SUBMIT,
} from '../../apps/coordinator/src/lifecycle/task.sql';
import { SURVEY } from '../../apps/coordinator/src/retention/prune.sql';
import { READ_SIBLINGS } from '../../apps/executor/src/agents/sub-plan-input';
import {
  LOAD_OPERATIONS,
  LOAD_STEPS,
  LOAD_TASKS,
  WRITE_STEP_VERDICTS,
  WRITE_TASK_VERDICTS,
} from '../../apps/verifier/src/verdict.sql';
import { ADVANCE, PREPARE, REFUSE, WITHDRAWN } from '../../libs/ledger/src/operation.sql';
import { STANDSTILL } from '../../libs/persistence/src/readers/explanation.reader';
import { EVENT_PAGE } from '../../libs/persistence/src/readers/history.reader';
import { OPERATION_PAGE } from '../../libs/persistence/src/readers/operation.reader';
import { STEP_PAGE } from '../../libs/persistence/src/readers/step.reader';
import {
  RARE_LABEL_TASKS_MAX,
  TASK_PAGE,
  TASK_PAGE_OF_LABELS,
  TASK_PULSE,
  TASKS_BY_ID,
} from '../../libs/persistence/src/readers/task.sql';
import { freshDatabase, type TestDatabase } from '../support/database';
import { type Row, Rows } from '../support/rows';

/** What a step's way goes through, each as often as there are steps. */
const STATEMENTS: readonly NamedSql[] = [
  ...[SUBMIT, FIND_BY_KEY, LOAD, RECALL, EXPAND, AGENT_CALLS, LAST_EFFECTS, COMMIT, COMMIT_WHOLE, COMMIT_WITHDRAWAL],
  ...[ADVANCE, PREPARE, REFUSE, WITHDRAWN, READ_SIBLINGS],
  ...[LOAD_STEPS, WRITE_STEP_VERDICTS, LOAD_TASKS, WRITE_TASK_VERDICTS, LOAD_OPERATIONS],
  ...[TASK_PULSE, TASKS_BY_ID],
];
/** What people at a screen wait for. */
const PAGES: readonly NamedSql[] = [
  ...[TASK_PAGE, TASK_PAGE_OF_LABELS, STEP_PAGE, OPERATION_PAGE, EVENT_PAGE, STANDSTILL],
];
/** Tables that grow with the work done. */
const GROWING: readonly string[] = [
  ...['task', 'task_label', 'task_plan', 'step', 'operation', 'sending', 'event'],
  ...['refusal', 'verdict', 'evidence', 'permit', 'artifact', 'artifact_link'],
];
/** An index that holds only what is under way, or waits for a person, is as short as that. */
const SHORT_INDEXES: readonly string[] = ['operation_sent_by', 'permit_asked_once', 'permit_granted'];
const TASKS = 2_000;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Recheck Cond'?: string;
  readonly 'Parent Relationship'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** Where a plan reads a growing table from end to end. */
function scansIn(plan: Plan): string[] {
  const { 'Relation Name': table, 'Index Name': index = '', 'Node Type': type } = plan;
  const isKeyed = plan['Index Cond'] ?? plan['Recheck Cond'];
  const isScan = /Scan$/.test(type) && table && GROWING.includes(table) && !isKeyed && !SHORT_INDEXES.includes(index);
  return [...(isScan ? [`${type} on ${table} ${index}`] : []), ...(plan.Plans ?? []).flatMap(scansIn)];
}

/** Where a whole list is gone through again for every row of another: time that grows with the square of a batch. */
function listsIn(plan: Plan, isRepeated = false): string[] {
  const { 'Relation Name': table, 'Index Cond': condition = '', 'Node Type': type, Plans: plans = [] } = plan;
  const own = isRepeated && condition.includes('ANY (') ? [`${type} on ${table} by ${condition}`] : [];
  const isInner = (child: Plan) => type === 'Nested Loop' && child['Parent Relationship'] === 'Inner';
  return [...own, ...plans.flatMap((child) => listsIn(child, isRepeated || isInner(child)))];
}

/** Rows of growing tables that a plan has looked at, those among them that it had no use for. */
function rowsReadIn(plan: Plan): number {
  const {
    'Relation Name': table,
    'Actual Rows': rows = 0,
    'Rows Removed by Filter': removed = 0,
    Plans: plans = [],
  } = plan;
  const own = table && GROWING.includes(table) ? (rows + removed) * (plan['Actual Loops'] ?? 0) : 0;
  return plans.reduce((sum, child) => sum + rowsReadIn(child), own);
}

let test: TestDatabase;
let database: Database;
beforeAll(openEmpty);
afterAll(close);

async function openEmpty(): Promise<void> {
  test = await freshDatabase();
  database = new Database({ url: test.url, name: 'test' });
}

async function close(): Promise<void> {
  await database?.close();
  await test?.drop();
}

/** The plan that every execution goes by, whatever its parameters are. */
async function planOf({ text }: NamedSql): Promise<Plan> {
  const { rows } = await database.pool.query<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>(
    `explain (generic_plan, format json) ${text}`,
  );
  return rows[0]!['QUERY PLAN'][0]!.Plan;
}

/** So many tasks that ended, of four steps each, as one insert a table. */
async function fill(): Promise<void> {
  const rows = await Rows.begin(test.client);
  const task = await rows.task(
    { steps: [{ id: 'pay', tool: 'bank.pay' }] },
    { state: 'completed', finished_at: new Date('2026-01-01T00:00:00Z') },
  );
  const step = await rows.step(task, 'pay', { state: 'succeeded', finished_at: new Date() });
  const operation = await rows.operation(step, { state: 'succeeded' });
  await copies('task', String(task.id), TASKS, {});
  await copies('step', String(step.id), 4 * TASKS, { plan_index: '1 + n' });
  await copies('operation', String(operation.id), 4 * TASKS, {});
  await test.client.query('analyze');
}

async function copies(table: string, id: string, count: number, given: Record<string, string>): Promise<void> {
  const { rows } = await test.client.query<{ column_name: string }>(
    'select column_name from information_schema.columns where table_name = $1 order by ordinal_position',
    [table],
  );
  const names = rows.map((row) => row.column_name);
  const values = names.map((name) => (name === 'id' ? 'gen_random_uuid()' : (given[name] ?? `t.${name}`)));
  await test.client.query(
    `insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from ${table} t, generate_series(1, ${count}) n where t.id = '${id}'`,
  );
}

describe('a statement on the way of a step', () => {
  it.each(STATEMENTS.map((one) => [one.name, one] as const))(
    'finds its rows by key, as planned on empty tables: %s',
    async (_name, statement) => expect(scansIn(await planOf(statement))).toEqual([]),
  );

  it.each(STATEMENTS.map((one) => [one.name, one] as const))(
    'goes through no list once for every row, as planned on empty tables: %s',
    async (_name, statement) => expect(listsIn(await planOf(statement))).toEqual([]),
  );

  describe('on full tables', () => {
    beforeAll(fill, 60_000);

    it.each(STATEMENTS.map((one) => [one.name, one] as const))('finds its rows by key: %s', async (_name, statement) =>
      expect(scansIn(await planOf(statement))).toEqual([]),
    );

    it.each(STATEMENTS.map((one) => [one.name, one] as const))(
      'goes through no list once for every row: %s',
      async (_name, statement) => expect(listsIn(await planOf(statement))).toEqual([]),
    );
  });
});

describe('a page', () => {
  const LIMIT = 10;
  const STEPS = 20_000;
  const EVENTS = 2_000;
  const ENDED = '{"completed"}';
  let tenantId: string;
  let large: string;
  let running: string;

  beforeAll(async () => {
    await close();
    await openEmpty();
  });

  it.each(PAGES.map((one) => [one.name, one] as const))(
    'finds its rows by key, as planned on empty tables: %s',
    async (_name, statement) => expect(scansIn(await planOf(statement))).toEqual([]),
  );

  describe('on full tables', () => {
    beforeAll(async () => {
      const rows = await Rows.begin(test.client);
      tenantId = rows.tenantId;
      const steps = [{ id: 'pay', tool: 'bank.pay' }];
      await rows.task({ steps }, { labels: { team: 'most', kind: 'rare' } });
      const task = await rows.task({ steps }, { labels: { team: 'most' } });
      await copies('task', String(task.id), TASKS, {});
      // Most labels are rare ones, as those are that name a customer.
      const named = `jsonb_build_object('customer', n::text)`;
      await copies('task', String(task.id), TASKS, { labels: named });
      const operation = await aSmallTask(rows);
      await copies('step', String(operation.step_id), TASKS, { task_id: 'gen_random_uuid()' });
      await copies('operation', String(operation.id), TASKS, { task_id: 'gen_random_uuid()' });
      const evidence = { id: newUuid(), tenant_id: tenantId, kind: 'probe', began_at: new Date(), finding: 'absent' };
      await rows.insert('evidence', { ...evidence, task_id: operation.task_id, operation_id: operation.id });
      await copies('evidence', evidence.id, TASKS, { operation_id: 'gen_random_uuid()' });
      await test.client.query('vacuum analyze');
      // To the planner they are as small as all others: nobody has counted their rows so far.
      large = await aLargeTask(rows, 0);
      running = await aLargeTask(rows, 1);
    }, 60_000);

    it.each(PAGES.map((one) => [one.name, one] as const))('finds its rows by key: %s', async (_name, statement) =>
      expect(scansIn(await planOf(statement))).toEqual([]),
    );

    it.each([
      ['most have', '{"team":"most"}', ENDED],
      ['most have, in a state that none has', '{"team":"most"}', '{"failed","cancelled"}'],
      ['one has', '{"kind":"rare"}', ENDED],
      ['none has', '{"kind":"none"}', ENDED],
    ])('of a label that %s reads hardly more than it shows', async (_, labels, states) => {
      expect(await rowsReadBy(TASK_PAGE_OF_LABELS, [tenantId, null, states, LIMIT, labels])).toBeLessThan(3 * LIMIT);
    });

    it('of several labels reads no more than tells which of them is rare', async () => {
      const values = [tenantId, null, ENDED, LIMIT, '{"kind":"rare","team":"most"}'];

      expect(await rowsReadBy(TASK_PAGE_OF_LABELS, values)).toBeLessThan(RARE_LABEL_TASKS_MAX + LIMIT);
    });

    it('that goes on in the midst of a label reads hardly more than it shows', async () => {
      const { rows } = await test.client.query(`select id from task order by id offset ${TASKS / 2} limit 1`);
      const values = [tenantId, rows[0].id, ENDED, LIMIT, '{"team":"most"}'];

      expect(await rowsReadBy(TASK_PAGE_OF_LABELS, values)).toBeLessThan(3 * LIMIT);
    });

    it('of one task reads none of its steps that have ended', async () => {
      expect(await rowsReadBy(TASKS_BY_ID, [tenantId, `{${large}}`])).toBeLessThan(LIMIT);
      expect(await rowsReadBy(TASKS_BY_ID, [tenantId, `{${running}}`])).toBeLessThan(LIMIT);
      expect(await rowsReadBy(STANDSTILL, [tenantId, large, LIMIT])).toBeLessThan(LIMIT);
      expect(await rowsReadBy(STANDSTILL, [tenantId, running, LIMIT])).toBeLessThan(2 * LIMIT);
    });

    it('of the parts of a task reads hardly more than it shows, at the beginning and later', async () => {
      for (const index of [-1, STEPS / 2])
        expect(await rowsReadBy(STEP_PAGE, [tenantId, large, index, '', 0, LIMIT])).toBeLessThan(4 * LIMIT);
      expect(await rowsReadBy(OPERATION_PAGE, [tenantId, large, null, null, LIMIT])).toBeLessThan(3 * LIMIT);
      const { rows } = await test.client.query(
        `select first_sent_at::text as at, id from operation where task_id = $1 order by first_sent_at, id offset ${STEPS / 2} limit 1`,
        [large],
      );
      const later = [tenantId, large, rows[0].at, rows[0].id, LIMIT];
      expect(await rowsReadBy(OPERATION_PAGE, later)).toBeLessThan(3 * LIMIT);
    });

    it('of a history reads as many events as it shows', async () => {
      expect(await rowsReadBy(EVENT_PAGE, [tenantId, large, 0, LIMIT])).toBe(LIMIT);
      expect(await rowsReadBy(EVENT_PAGE, [tenantId, large, EVENTS / 2, LIMIT])).toBe(LIMIT);
    });
  });

  async function aSmallTask(rows: Rows): Promise<Row> {
    const task = await rows.task({ steps: [{ id: 'pay', tool: 'bank.pay' }] });
    return rows.operation(await rows.step(task, 'pay'));
  }

  /** All steps of it have ended but those that are dispatched. */
  async function aLargeTask(rows: Rows, dispatched: number): Promise<string> {
    const state = dispatched > 0 ? { state: 'running', finished_at: null } : {};
    const counts = { steps_total: STEPS + dispatched, open_steps: dispatched };
    const task = await rows.task({ steps: [{ id: 'pay', tool: 'bank.pay' }] }, { ...state, ...counts });
    const step = await rows.step(task, 'pay');
    const operation = await rows.operation(step);
    await copies('step', String(step.id), STEPS, { plan_index: '1 + n' });
    await copies('operation', String(operation.id), STEPS, {});
    for (let n = 0; n < dispatched; n++)
      await rows.step(task, `late${n}`, { plan_index: STEPS + 2 + n, state: 'dispatched', finished_at: null });
    await test.client.query(
      `insert into event (task_id, seq, tenant_id, type, at, data, hash)
       select task_id, 1 + n, tenant_id, type, at, data, hash from event, generate_series(1, ${EVENTS}) n where task_id = $1`,
      [task.id],
    );
    return String(task.id);
  }
});

/** As the plan has it that is made without the values, and as the one that is made for them: the larger of the two. */
async function rowsReadBy({ text }: NamedSql, values: readonly unknown[]): Promise<number> {
  const given = values.map((value) => (value === null ? 'null' : test.client.escapeLiteral(String(value))));
  await test.client.query(`prepare page as ${text}`);
  const read: number[] = [];
  for (const mode of ['force_generic_plan', 'force_custom_plan']) {
    await test.client.query(`set plan_cache_mode = ${mode}`);
    const { rows } = await test.client.query(`explain (analyze, format json) execute page(${given.join(', ')})`);
    read.push(rowsReadIn(rows[0]['QUERY PLAN'][0].Plan));
  }
  await test.client.query('deallocate page');
  return Math.max(...read);
}

/** Every plan that Postgres went by, in all statements of the functions that `call` calls, as it went by it. */
async function plansUsedBy(call: string): Promise<Plan[]> {
  const client = new Client({ ...connectionSettings({ url: test.url, name: 'test' }) });
  await client.connect();
  const plans: Plan[] = [];
  client.on('notice', ({ message = '' }) => {
    const [, json] = /plan:\n([\s\S]*)$/.exec(message) ?? [];
    if (json) plans.push((JSON.parse(json) as { readonly Plan: Plan }).Plan);
  });
  await client.query("load 'auto_explain'");
  const settings = { log_min_duration: '0', log_nested_statements: 'on', log_format: 'json', log_level: 'notice' };
  for (const [name, value] of Object.entries(settings)) await client.query(`set auto_explain.${name} = '${value}'`);
  await client.query(call);
  await client.end();
  return plans;
}

/** What ended long ago is looked for from the longest finished on, in each of these. */
const EVERY_STATE = `'{completed,failed,cancelled}', interval '30 days', '-infinity', '${ANY_UUID}', 100, 1000`;

describe('a statement of retention', () => {
  beforeAll(async () => {
    await close();
    await openEmpty();
  });

  const calls = async (): Promise<Plan[]> => {
    const { rows } = await test.client.query<{ id: string }>('select id from tenant order by id');
    const plans: Plan[] = [];
    for (const { id } of rows) plans.push(...(await plansUsedBy(`select prune_tasks('${id}', ${EVERY_STATE})`)));
    return plans;
  };

  it('finds its rows by key, as planned on empty tables', async () => {
    expect(scansIn(await planOf(SURVEY))).toEqual([]);
    expect((await calls()).flatMap(scansIn)).toEqual([]);
  });

  it('finds its rows by key where tasks are there to be removed', async () => {
    await fill();

    const plans = await calls();

    expect(plans.length).toBeGreaterThan(20);
    expect(plans.flatMap(scansIn)).toEqual([]);
    expect((await test.client.query('select from task')).rowCount).toBeLessThan(TASKS);
  }, 60_000);
});
