import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskRequest } from '@muster/client';
import { parseId } from '@muster/domain';
import { aChain, aPlan, aStep, aTask, aTool } from '../support/builders';
import { type Door, Doors } from '../support/doors';
import { Muster, type WorkerProcess } from '../support/muster';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const SERVICES = ['coordinator', 'executor', 'verifier', 'planner'];
/** At 0.3 s a step far longer than a process may take to end: it has to end between two of them. */
const CHAIN_STEPS = 30;
/** Waiters at the door of a tool that takes one call at a time. */
const NARROW_STEPS = 12;
const LOOK_EVERY_MS = 50;
const REST_MS_MAX = 60_000;
jest.setTimeout(180_000);

/** What the model of this test makes of its only goal, after thinking about it. */
const GOAL = 'mail it';
const PLAN_OF_GOAL = { steps: [{ id: 'mail', tool: 'mail', input: {} }] };
const SCRIPT = {
  rules: [{ when: { if: `input.goal == "${GOAL}"` }, say: { literal: true, afterMs: 300, output: PLAN_OF_GOAL } }],
};

let muster: Muster;
let tools: ToolServer;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-rolling-'));
  const file = join(folder, 'script.json');
  writeFileSync(file, JSON.stringify(SCRIPT));
  const env = { MODELS: JSON.stringify({ planner: { provider: 'scripted', file } }) };
  [muster, tools] = await Promise.all([Muster.start({ env }), ToolServer.start()]);
  // None but `mail` would notice that it was called twice: any call that is cut off shows.
  for (const tool of ['post', 'chain', 'narrow', 'checked']) tools.withoutMemory(tool);
  for (const tool of ['post', 'chain', 'narrow', 'checked', 'mail']) tools.usually(tool, 'slow');
  await muster.register(
    aTool('post', 'opaque', tools.url),
    aTool('chain', 'opaque', tools.url),
    aTool('narrow', 'opaque', tools.url, { maxConcurrency: 1 }),
    aTool('checked', 'probed', tools.url),
    aTool('mail', 'keyed', tools.url),
  );
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
  rmSync(folder, { recursive: true });
});

const wide = (tool: string, steps: number) =>
  aPlan(...Array.from({ length: steps }, (_, n) => aStep(tool, { id: `s${n}` })));
/** Each of them comes again and again, as soon as the one before it has ended. */
const STEADY: TaskRequest[] = [
  aTask(aPlan(aStep('post'))),
  aTask(aPlan(aStep('checked', { check: 'output.status == "done"' }))),
  aTask(aChain('mail', 3)),
  { goal: GOAL, grants: ['mail'] },
];

const stateOf = async (task: string): Promise<string | undefined> => {
  const [row] = await muster.rows<{ state: string }>('select state from task where id = $1', parseId('task', task));
  return row?.state;
};
const hasCompleted = (task: string) =>
  until(async () => (await stateOf(task)) === 'completed', {
    what: `${task} being completed`,
    deadlineMs: REST_MS_MAX,
    pollMs: LOOK_EVERY_MS,
  });

/** Submits the same task over and over until it is told to stop; answers how many it were. */
async function submitSteadily(doors: Doors, task: TaskRequest, isOver: () => boolean): Promise<number> {
  let count = 0;
  for (; !isOver(); count++) await hasCompleted(await doors.submit(task));
  return count;
}

const listens = (url: string): Promise<boolean> =>
  fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );

const readyOnes = (service: string) =>
  muster.rows<WorkerProcess>("select id, pid from worker where service = $1 and state = 'ready'", service);

/** Ends one process of two and starts it again, be it the supervisor's or ours. Answers the one that came. */
async function restart(service: string, worker: WorkerProcess, isOurs: boolean): Promise<WorkerProcess> {
  const before = (await readyOnes(service)).map(({ id }) => id);
  await muster.end(worker);
  if (isOurs) {
    const another = await muster.startAnother(service);
    await muster.urlOf(another);
    return another;
  }
  return until(async () => (await readyOnes(service)).find(({ id }) => !before.includes(id)), {
    what: `the next ${service}`,
  });
}

/** One after the other, while the second one serves; the doors of coordinators follow. */
async function restartEach(service: string, others: ReadonlyMap<string, WorkerProcess>, doors: Door[]): Promise<void> {
  const ours = others.get(service)!;
  const theirs = await until(async () => (await readyOnes(service)).find(({ id }) => id !== ours.id), {
    what: `the supervisor's ${service}`,
  });
  for (const [index, worker] of [theirs, ours].entries()) {
    const door = service === 'coordinator' ? doors[index] : undefined;
    if (door) door.isDown = true;
    const next = await restart(service, worker, worker === ours);
    if (!door) continue;
    if (worker === ours) door.url = await muster.urlOf(next);
    await until(() => listens(door.url), { what: 'the next coordinator listening' });
    door.restarts++;
    door.isDown = false;
  }
}

describe('an executor that is told to end', () => {
  it('finishes the calls that it is at, and leaves what comes after them to another one', async () => {
    const [doomed] = await readyOnes('executor');
    tools.next('chain', 'hangafter').next('narrow', 'hangafter');
    const tasks = [await muster.submit(aChain('chain', 3)), await muster.submit(wide('narrow', 3))];
    await Promise.all(['chain', 'narrow'].map((tool) => tools.request(tool)));
    const heir = await muster.startAnother('executor');
    await muster.urlOf(heir);

    const ended = muster.end(doomed!);
    const isTold = () => muster.rows("select from worker where id = $1 and state = 'draining'", doomed!.id);
    await until(async () => (await isTold()).length > 0, { what: 'the executor being told' });
    tools.answerAll();
    await ended;

    for (const task of tasks) await task.reaches('completed', REST_MS_MAX);
    const made = await muster.rows<{ sending: number; by_doomed: boolean }>(
      'select sending, worker_id = $1 as by_doomed from operation',
      doomed!.id,
    );
    expect(made.map(({ sending }) => sending)).toEqual(Array(6).fill(1));
    expect(made.filter(({ by_doomed }) => by_doomed)).toHaveLength(2);
    await muster.end(heir);
  });
});

describe('a rolling restart of two of each service, while tasks run and more of them come', () => {
  it('has every submission answered, every call end known, and every effect take place once', async () => {
    const before = { chain: tools.effectsOf('chain').length, narrow: tools.effectsOf('narrow').length };
    const others = new Map<string, WorkerProcess>();
    for (const service of SERVICES) others.set(service, await muster.startAnother(service));
    const urls = [muster.client.url, await muster.urlOf(others.get('coordinator')!)];
    const each = urls.map((url): Door => ({ url, isDown: false, restarts: 0 }));
    const doors = new Doors(muster.key, each);
    let isOver = false;
    const long = [
      await doors.submit(aTask(aChain('chain', CHAIN_STEPS))),
      await doors.submit(aTask(wide('narrow', NARROW_STEPS))),
    ];
    const steady = Promise.all(STEADY.map((task) => submitSteadily(doors, task, () => isOver)));
    await tools.request('chain', before.chain + 2);

    // A submission that is refused ends the test at once.
    for (const service of SERVICES) await Promise.race([steady, restartEach(service, others, each)]);

    isOver = true;
    const counts = await steady;
    await Promise.all(long.map(hasCompleted));
    const told = await muster.rows(
      "select service, end_kind from worker where end_kind is distinct from 'exit' and state = 'dead'",
    );
    expect({ restarts: each.map(({ restarts }) => restarts), told }).toEqual({ restarts: [1, 1], told: [] });
    const doubtful = await muster.rows("select tool, state from operation where state <> 'succeeded' or sending > 1");
    expect(doubtful).toEqual([]);
    const [posts, checks, mails, goals] = counts;
    const effects = ['post', 'checked', 'mail', 'chain', 'narrow'].map((tool) => tools.effectsOf(tool).length);
    const ofLong = [before.chain + CHAIN_STEPS, before.narrow + NARROW_STEPS];
    expect(effects).toEqual([posts, checks, 3 * mails! + goals!, ...ofLong]);
    expect(await muster.leakedTransactions()).toEqual([]);
  });
});
