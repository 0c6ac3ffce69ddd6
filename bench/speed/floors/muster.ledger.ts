import { chainEvents, type EventRow, newUuid } from '@muster/domain';
import { runInvariants } from '@muster/persistence';
import type { Client } from 'pg';
import { STEP_TOOL } from '../adapter/plans';
import { type FloorLedger, plainArray, type Settled, textArray } from './floor-ledger';
import { type FloorStep, type FloorTask, firstOf } from './floor-task';
import { ADVANCE, ADVANCE_RUNS, SUBMIT } from './muster.sql';

const CONTRACT = 'floor';
const ANSWER = '{"kind":"answer"}';
const NEEDS = '{"kind":"needs"}';
const NONE = '{"kind":"none"}';

interface Intent {
  readonly task: FloorTask;
  readonly step: FloorStep;
}

/** What a commit makes of a step's row. */
interface Moved {
  readonly step: FloorStep;
  readonly state: 'pending' | 'dispatched' | 'succeeded';
}

/** The database that Muster migrates: its tables with their indexes, triggers, checks and keys. */
export class MusterLedger implements FloorLedger {
  private readonly workerId = newUuid();

  async prepare(client: Client): Promise<void> {
    await client.query(`insert into contract (hash, document) values ('${CONTRACT}', '{"effect":"none"}')`);
    await client.query(
      `insert into worker (id, service, pid, host, state, lock_key, leased_until, ended_at, given_up_at)
       values ('${this.workerId}', 'executor', ${process.pid}, 'floor', 'dead', 1, now(), now(), now())`,
    );
  }

  async submit(client: Client, tasks: readonly FloorTask[]): Promise<void> {
    const { plan } = tasks[0]!;
    const first = tasks.map(firstOf);
    const called = plan.isRun ? plan.steps.length : first[0]!.length;
    const at = Date.now();
    const begun = stepsBegun(plan.isRun ? tasks[0]!.steps : first[0]!);
    const data = {
      state: 'running',
      fence: 0,
      planHash: plan.hash,
      open: plan.steps.map(({ key }) => key),
      steps: begun,
    };
    for (const task of tasks) task.called = called;
    const told = tasks.flatMap((task) => tell(task, 'task.accepted', data, at));
    await client.query({
      ...SUBMIT,
      values: [
        plan.hash,
        plan.text,
        plan.steps.length,
        called,
        CONTRACT,
        ...historyEnds(tasks),
        new Date(at).toISOString(),
        STEP_TOOL,
        ...stepColumns(tasks),
        this.workerId,
        ...intentColumns(tasks.flatMap((task, index) => first[index]!.map((step) => ({ task, step })))),
        ...eventColumns(told),
      ],
    });
  }

  async advance(client: Client, batch: readonly Settled[]): Promise<void> {
    const ledger = [
      plainArray(batch.map(({ step }) => step.operationId)),
      textArray(batch.map(({ response }) => response)),
      STEP_TOOL,
      CONTRACT,
      this.workerId,
      ...intentColumns(batch.flatMap(({ task, ready }) => ready.map((step) => ({ task, step })))),
    ];
    const told = batch.filter(({ task }) => !task.plan.isRun || task.open === 0);
    if (told.length === 0) await client.query({ ...ADVANCE_RUNS, values: ledger });
    else await client.query({ ...ADVANCE, values: [...ledger, ...historyColumns(told)] });
  }

  /** Muster's own invariants hold for what was written, with every history chained and folded. */
  async check(client: Client): Promise<void> {
    await client.query('analyze');
    const [breach] = await runInvariants(client, { historiesMax: 100 });
    if (breach) throw new Error(`Invariant ${breach.invariant} does not hold: ${JSON.stringify(breach.rows[0])}`);
    const { rows } = await client.query("select id, state from task where state <> 'completed' limit 1");
    if (rows.length > 0) throw new Error(`A task has not ended: ${JSON.stringify(rows[0])}`);
  }
}

const stepsBegun = (steps: readonly FloorStep[]): object =>
  Object.fromEntries(steps.map(({ key }) => [key, ['dispatched', 1]]));

interface Told {
  readonly task: FloorTask;
  readonly event: EventRow;
}

/** Adds an event to the task's chain, in as many as Muster tells it in. */
function tell(task: FloorTask, type: string, data: Record<string, unknown>, at: number): Told[] {
  const events = chainEvents([{ type, data }], task, at);
  const { seq, hash } = events.at(-1)!;
  Object.assign(task, { seq, hash });
  return events.map((event) => ({ task, event }));
}

const eventColumns = (told: readonly Told[]): string[] => [
  plainArray(told.map(({ task }) => task.id)),
  plainArray(told.map(({ event }) => event.seq)),
  plainArray(told.map(({ event }) => event.type)),
  textArray(told.map(({ event }) => event.data)),
  plainArray(told.map(({ event }) => event.hash)),
];

const historyEnds = (tasks: readonly FloorTask[]): string[] => [
  plainArray(tasks.map(({ id }) => id)),
  plainArray(tasks.map(({ seq }) => seq)),
  plainArray(tasks.map(({ hash }) => hash)),
];

function stepColumns(tasks: readonly FloorTask[]): string[] {
  const rows = tasks.flatMap((task) => task.steps.map((step) => ({ task, step, before: beforeOf(task, step) })));
  const idsOf = (task: FloorTask, indexes: readonly number[]): string =>
    plainArray(indexes.map((index) => task.steps[index]!.id));
  return [
    plainArray(rows.map(({ step }) => step.id)),
    plainArray(rows.map(({ task }) => task.id)),
    plainArray(rows.map(({ step }) => step.key)),
    plainArray(rows.map(({ step }) => step.index)),
    plainArray(rows.map(({ step, before }) => (before || step.needs.length === 0 ? 'dispatched' : 'pending'))),
    plainArray(rows.map(({ step }) => step.needs.length)),
    textArray(rows.map(({ task, step }) => idsOf(task, step.needs))),
    textArray(rows.map(({ task, step }) => idsOf(task, step.dependants))),
    plainArray(rows.map(({ before }) => before?.id ?? null)),
    plainArray(rows.map(({ step }) => step.operationId)),
    textArray(
      rows.map(({ step, before }) => {
        if (before) return `{"kind":"after","step":"${before.key}"}`;
        return step.needs.length === 0 ? ANSWER : NEEDS;
      }),
    ),
  ];
}

/** The member of the run that goes before this one. */
const beforeOf = ({ plan, steps }: FloorTask, { index }: FloorStep): FloorStep | undefined =>
  plan.isRun ? steps[index - 1] : undefined;

const intentColumns = (intents: readonly Intent[]): string[] => [
  plainArray(intents.map(({ step }) => step.operationId)),
  plainArray(intents.map(({ task }) => task.id)),
  plainArray(intents.map(({ step }) => step.id)),
  plainArray(intents.map(({ step }) => step.key)),
  textArray(intents.map(({ step }) => step.request)),
];

function historyColumns(told: readonly Settled[]): string[] {
  const at = Date.now();
  const byTask = Map.groupBy(told, ({ task }) => task);
  const moves = [...byTask].map(([task, settled]) => movesOf(task, settled));
  const tasks = [...byTask.keys()];
  const events = tasks.flatMap((task, index) => {
    task.called += moves[index]!.filter(({ state }) => state === 'dispatched').length;
    const steps = moves[index]!.filter(({ state }) => state !== 'pending').map(({ step, state }) => [
      step.key,
      [state, 1],
    ]);
    const ended = task.open === 0;
    const data = { ...(ended && { state: 'completed' }), steps: Object.fromEntries(steps) };
    return tell(task, ended ? 'task.completed' : 'step.succeeded', data, at);
  });
  const all = moves.flat();
  return [
    plainArray(all.map(({ step }) => step.id)),
    plainArray(all.map(({ state }) => state)),
    plainArray(all.map(({ step }) => step.unmet)),
    textArray(all.map(({ state }) => ({ pending: NEEDS, dispatched: ANSWER, succeeded: NONE })[state])),
    new Date(at).toISOString(),
    ...historyEnds(tasks),
    plainArray(tasks.map(({ open }) => open)),
    plainArray(tasks.map(({ called }) => called)),
    ...eventColumns(events),
  ];
}

/** A run's steps are all told of at its end; of a graph those that were settled, and what they touch. */
function movesOf(task: FloorTask, settled: readonly Settled[]): Moved[] {
  if (task.plan.isRun) return task.steps.map((step) => ({ step, state: 'succeeded' }));
  const touched = new Set(settled.flatMap(({ step }) => step.dependants));
  return [
    ...settled.map(({ step }): Moved => ({ step, state: 'succeeded' })),
    ...[...touched].map((index): Moved => {
      const step = task.steps[index]!;
      return { step, state: step.unmet === 0 ? 'dispatched' : 'pending' };
    }),
  ];
}
