import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

jest.setTimeout(90_000);

const GOOD = {
  steps: [
    { id: 'look', tool: 'library.find', input: { topic: '${{ input.topic }}' } },
    { id: 'write', tool: 'desk.write', input: { text: 'About ${{ steps.look.output.topic }}' } },
  ],
  completion: ['steps.write.state == "succeeded"'],
  output: { about: '${{ steps.look.output.topic }}' },
};
const UNKNOWN = { steps: [{ id: 'a', tool: 'library.fnd' }] };
const CYCLE = {
  steps: [
    { ...GOOD.steps[0], needs: ['b'] },
    { id: 'b', tool: 'library.find', needs: ['look'] },
  ],
};

const say = (goal: string, round: number, said: object) => ({
  when: { if: `input.goal == ${JSON.stringify(goal)} && round == ${round}` },
  say: { literal: true, ...said },
});
const plans = (goal: string, round: number, output: object) => say(goal, round, { output });

/** What is answered the first time, or once a plan has failed. */
const again = (goal: string, hasFailed: boolean, output: object) => ({
  when: { if: `input.goal == ${JSON.stringify(goal)} && has(input.progress) == ${hasFailed} && round == 0` },
  say: { literal: true, output },
});
/** Another way to the end of GOOD, from what its first step found. */
const OTHER = {
  steps: [{ id: 'say', tool: 'desk.say', input: { text: 'About ${{ steps.look.output.topic }}' } }],
  output: { about: '${{ steps.say.output.text }}' },
};

/** What the model of this test answers to each goal, round by round. */
const RULES = [
  plans('good at once', 0, GOOD),
  plans('good at last', 0, UNKNOWN),
  say('good at last', 1, { text: 'Let me think about that.' }),
  plans('good at last', 2, CYCLE),
  plans('good at last', 3, GOOD),
  ...[0, 1, 2, 3].map((round) => plans('never good', round, UNKNOWN)),
  say('slowly', 0, { output: GOOD, afterMs: 1_500 }),
  plans('out of reach', 0, { refusal: 'No tool bakes cakes.' }),
  plans('reaches too far', 0, { steps: [{ id: 'a', tool: 'vault.open' }] }),
  plans('reaches too far', 1, { refusal: 'The vault is not granted.' }),
  again('gets there in the end', false, GOOD),
  again('gets there in the end', true, OTHER),
  again('gets there slowly', false, GOOD),
  { ...again('gets there slowly', true, OTHER), say: { literal: true, output: OTHER, afterMs: 1_500 } },
  again('gets nowhere', false, GOOD),
  again('gets nowhere', true, { refusal: 'Nobody else writes.' }),
  {
    when: { if: 'input.goal == "alone" && round == 0' },
    say: { calls: [{ name: 'library.find', arguments: { topic: 'rain' } }] },
  },
  { when: { if: 'input.goal == "alone" && round == 1' }, say: { output: { answer: 'It rains.' } } },
];

let muster: Muster;
let tools: ToolServer;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-goals-'));
  const file = join(folder, 'script.json');
  writeFileSync(file, JSON.stringify({ rules: RULES }));
  tools = await ToolServer.start();
  muster = await Muster.start({ env: { MODELS: JSON.stringify({ planner: { provider: 'scripted', file } }) } });
  await muster.register(
    aTool('library.find', 'none', tools.url, { description: 'Finds ${{ things }}.' }),
    aTool('desk.write', 'keyed', tools.url),
    aTool('desk.say', 'keyed', tools.url),
    aTool('vault.open', 'keyed', tools.url),
  );
  tools.usually('library.find', 'echo').usually('desk.write', 'echo').usually('desk.say', 'echo');
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
  rmSync(folder, { recursive: true });
});

async function aim(goal: string, given: { strategy?: 'single' | 'voting'; budget?: Record<string, number> } = {}) {
  const request = { goal, input: { topic: 'rain' }, grants: ['library.*', 'desk.*'], ...given };
  const { id } = await muster.client.tasks.submit(request);
  return muster.task(id);
}

describe('a goal', () => {
  it('becomes a plan that a model made, and the plan runs to its end', async () => {
    const running = await aim('good at once');
    const task = await running.reaches('completed');

    expect(task).toMatchObject({ goal: 'good at once', planRevision: 1, output: { about: 'rain' } });
    const steps = await running.steps();
    expect(Object.keys(steps)).toEqual(['plan', 'plan/1', 'look', 'write']);
    expect(Object.values(steps).map(({ state }) => state)).toEqual(Array(4).fill('succeeded'));
  });

  it('has a plan that breaks rules made again, and tells the model which', async () => {
    const running = await aim('good at last');
    await running.reaches('completed');

    const steps = await running.steps();
    expect(Object.keys(steps)).toEqual(['plan', 'plan/1', 'plan/2', 'plan/3', 'plan/4', 'look', 'write']);
    const { rows } = await muster.sql.query<{ request: Buffer }>(
      "select request from operation where task_id = (select task_id from step where id = $1) and step_key = 'plan/4'",
      [steps.look!.id.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')],
    );
    const told = rows[0]!.request.toString();
    expect(told).toContain("There is no tool 'library.fnd'. Did you mean 'library.find'?");
    expect(told).toContain('no_json');
    expect(told).toContain('These steps wait for each other');
  });

  it('is given up after three repairs, with the reasons, and nothing ran', async () => {
    const running = await aim('never good');
    const task = await running.reaches('failed');

    expect(task.failure).toMatchObject({ exitReason: 'plan_refused', message: expect.stringContaining('library.fnd') });
    expect(Object.keys(await running.steps())).toEqual(['plan', 'plan/1', 'plan/2', 'plan/3', 'plan/4']);
  });

  it('is given up where the planner sees no way', async () => {
    const task = await (await aim('out of reach')).reaches('failed');

    expect(task.failure).toMatchObject({ exitReason: 'plan_refused', message: expect.stringContaining('bakes cakes') });
  });

  it('gets no plan with a tool that it was not granted, though there is one', async () => {
    const running = await aim('reaches too far');
    const task = await running.reaches('failed');

    expect(task.failure?.message).toContain('The vault is not granted.');
    expect(Object.keys(await running.steps())).toEqual(['plan', 'plan/1', 'plan/2']);
  });

  it('whose planner is killed while the model thinks is planned by the next one, once', async () => {
    const running = await aim('slowly');
    await until(async () => (await running.operations()).some(({ state }) => state === 'sent'));

    await muster.kill('planner');

    await running.reaches('completed');
    expect(Object.keys(await running.steps())).toEqual(['plan', 'plan/1', 'look', 'write']);
    expect((await running.operations())[0]).toMatchObject({ stepKey: 'plan/1', sendings: 2 });
  });
});

describe('a goal whose plan fails', () => {
  it('is reached by another plan, which does nothing again that was done', async () => {
    tools.next('desk.write', 'reject');
    const running = await aim('gets there in the end');
    const task = await running.reaches('completed');

    expect(task).toMatchObject({ planRevision: 2, output: { about: 'About rain' } });
    const steps = await running.steps();
    const states = Object.fromEntries(Object.entries(steps).map(([key, { state }]) => [key, state]));
    expect(states).toEqual({
      plan: 'succeeded',
      'plan/1': 'succeeded',
      'plan:2': 'succeeded',
      'plan:2/1': 'succeeded',
      look: 'succeeded',
      write: 'failed',
      say: 'succeeded',
    });
    expect((await running.operations()).filter(({ tool }) => tool === 'library.find')).toHaveLength(1);
    const diff = await muster.client.tasks.planDiff(running.id, 1, 2);
    expect(diff).toMatchObject({ kept: ['look'], added: ['say'], dropped: ['write'] });
  });

  it('shows its planner what was done and why it failed, and no more', async () => {
    tools.next('desk.write', 'reject');
    const running = await aim('gets there in the end');
    await running.reaches('completed');

    const { rows } = await muster.sql.query<{ request: Buffer }>(
      "select request from operation where step_key = 'plan:2/1' order by first_sent_at desc limit 1",
    );
    const { messages } = JSON.parse(rows[0]!.request.toString()) as { messages: { role: string; text: string }[] };
    const { progress } = JSON.parse(messages.find(({ role }) => role === 'user')!.text) as { progress: object };
    expect(progress).toMatchObject({
      steps: [
        { id: 'look', state: 'succeeded', output: { topic: 'rain' } },
        { id: 'write', state: 'failed', failure: { exitReason: 'http_422' } },
      ],
      failure: { exitReason: 'http_422' },
    });
  });

  it('fails by what stopped it where there is no other way, and says so', async () => {
    tools.next('desk.write', 'reject');
    const task = await (await aim('gets nowhere')).reaches('failed');

    expect(task.failure).toMatchObject({ exitReason: 'http_422' });
    expect(task.failure!.message).toContain('Nobody else writes.');
  });

  it('fails at once where its budget allows one plan', async () => {
    tools.next('desk.write', 'reject');
    const running = await aim('gets there in the end', { budget: { revisions: 1 } });
    const task = await running.reaches('failed');

    expect(task).toMatchObject({ planRevision: 1, failure: { exitReason: 'http_422' } });
    expect(Object.keys(await running.steps())).not.toContain('plan:2');
  });

  it('whose planner is killed while it plans again is planned once', async () => {
    tools.next('desk.write', 'reject');
    const running = await aim('gets there slowly');
    await until(async () =>
      (await running.operations()).some(({ state, stepKey }) => state === 'sent' && stepKey === 'plan:2/1'),
    );

    await muster.kill('planner');

    await running.reaches('completed');
    expect((await running.operations()).find(({ stepKey }) => stepKey === 'plan:2/1')).toMatchObject({ sendings: 2 });
  });
});

describe('a strategy', () => {
  it('is put to the planner with its pattern', async () => {
    const running = await aim('good at once', { strategy: 'voting' });
    await running.reaches('completed');

    const { rows } = await muster.sql.query<{ request: Buffer }>(
      "select request from operation where step_key = 'plan/1' order by first_sent_at desc limit 1",
    );
    expect(rows[0]!.request.toString()).toContain('Use this pattern: Voting');
  });

  it('of one agent needs no plan', async () => {
    const running = await aim('alone', { strategy: 'single' });
    const task = await running.reaches('completed');

    expect(task).toMatchObject({ goal: 'alone', planRevision: 1, output: 'It rains.' });
    expect(Object.keys(await running.steps())).toEqual(['answer', 'answer/1', 'answer/2', 'answer/3']);
  });

  it('is refused where there is no goal', async () => {
    const plan = { steps: [{ id: 'a', tool: 'library.find' }] };

    await expect(muster.client.tasks.submit({ plan, strategy: 'voting' })).rejects.toMatchObject({
      problem: { errors: [expect.objectContaining({ pointer: '/strategy' })] },
    });
  });
});
