import type { JsonObject } from '@muster/domain';
import { aPlan, aTool } from '../support/builders';
import { anAgent, asks, ends, type Moment, mindOf, modelsAt } from '../support/model-minds';
import { ModelServer } from '../support/model-server';
import { Muster } from '../support/muster';
import type { RunningTask } from '../support/running-task';
import { ToolServer } from '../support/tool-server';

jest.setTimeout(90_000);

const plan = (...steps: JsonObject[]) => asks(['muster.plan', { steps }]);
/** What the last plan of this loop came to, as its model reads it. */
const heard = ({ results }: Moment): { steps?: Record<string, JsonObject> } & JsonObject =>
  JSON.parse(results.at(-1) ?? '{}') as JsonObject;

const LOOK = { id: 'look', tool: 'library.find', input: { text: 'rain', trap: '${{ "$" + "{{ 1 + 1 }}" }}' } };
const WRITE = { id: 'write', tool: 'desk.write', input: { text: '${{ steps.look.output.text }} today' } };
const ASK = { id: 'ask', agent: 'helper', input: { about: '${{ steps.look.output }}' } };
const SEND = { id: 'send', tool: 'post.send', input: { of: '${{ steps.ask.output.said }}' }, needs: ['write'] };

const MINDS = {
  lead: (moment: Moment) =>
    moment.round === 1 ? plan(SEND, LOOK, WRITE, ASK) : ends({ done: true, heard: heard(moment) }),
  helper: ({ input }: Moment) => ends({ done: true, said: `about ${JSON.stringify(input.about)}` }),
  mender: (moment: Moment) => {
    const { round } = moment;
    if (round === 1) return plan({ ...LOOK, when: 'true' }, { ...WRITE, needs: ['write'] }, { id: 'x', tool: 'vault' });
    return round === 2 ? plan(LOOK, WRITE) : ends({ done: true, heard: heard(moment) });
  },
  repeater: ({ round }: Moment) => (round < 3 ? plan(LOOK, WRITE) : ends()),
} as const;

let muster: Muster;
let tools: ToolServer;
let models: ModelServer;
beforeAll(async () => {
  [tools, models] = await Promise.all([ToolServer.start(), ModelServer.start()]);
  models.usually(mindOf(MINDS));
  muster = await Muster.start({ env: { MODELS: modelsAt(models) } });
  await muster.register(
    aTool('library.find', 'none', tools.url),
    aTool('desk.write', 'keyed', tools.url),
    aTool('post.send', 'keyed', tools.url),
    aTool('vault', 'keyed', tools.url),
  );
  tools.usually('library.find', 'echo');
  const given = { plans: true, tools: ['library.find', 'desk.write', 'post.send'] };
  await muster.client.agents.put(anAgent('helper'));
  await muster.client.agents.put(anAgent('lead', { ...given, agents: ['helper'] }));
  for (const name of ['mender', 'repeater']) await muster.client.agents.put(anAgent(name, given));
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await Promise.all([tools.stop(), models.stop()]);
  await muster.stop();
});

const submit = (agent: string): Promise<RunningTask> =>
  muster.submit({ ...aPlan({ id: 'work', agent, input: {} }), output: '${{ steps.work.output }}' });

/** What a tool was called with by this task. */
async function bodiesOf(task: RunningTask, tool: string): Promise<JsonObject[]> {
  const ids = (await task.operations()).map(({ id }) => id.replace('op_', ''));
  const own = tools.requests.filter((request) => request.tool === tool && ids.includes(request.operationId));
  return own.map(({ body }) => JSON.parse(body) as JsonObject);
}

describe('a plan that a model returns', () => {
  it('runs as its steps need each other, every step one of the task, and comes back as one answer', async () => {
    const task = await submit('lead');

    const { output } = await task.reaches('completed');
    const steps = await task.steps();
    expect(Object.values(steps).map(({ key, state, needs }) => `${key} ${state} ${needs?.join(' ')}`.trim())).toEqual([
      'work succeeded',
      'work/1 succeeded',
      'work/2 succeeded work/4 work/5',
      'work/3 succeeded',
      'work/4 succeeded work/3',
      'work/5 succeeded work/3',
      'work/5/1 succeeded',
      'work/6 succeeded',
    ]);
    expect(await bodiesOf(task, 'desk.write')).toEqual([{ text: 'rain today' }]);
    expect(output).toMatchObject({
      heard: { steps: { look: { status: 'succeeded', output: { text: 'rain' } }, send: { status: 'succeeded' } } },
    });
  });

  it('hands on what a tool or a model says as it is, expressions in it and all', async () => {
    const task = await submit('lead');
    await task.reaches('completed');

    expect(await bodiesOf(task, 'library.find')).toEqual([{ text: 'rain', trap: '${{ 1 + 1 }}' }]);
    const [sent] = await bodiesOf(task, 'post.send');
    expect(sent).toEqual({ of: 'about {"text":"rain","trap":"${{ 1 + 1 }}"}' });
  });

  it('begins nothing behind a step that failed, and its model is told', async () => {
    tools.next('library.find', 'reject');

    const task = await submit('lead');

    expect((await task.reaches('completed')).output).toMatchObject({
      heard: {
        steps: {
          look: { status: 'failed' },
          write: { status: 'skipped', error: 'upstream_failed' },
          send: { status: 'skipped', error: 'upstream_failed' },
        },
      },
    });
    expect([...(await bodiesOf(task, 'desk.write')), ...(await bodiesOf(task, 'post.send'))]).toEqual([]);
  });

  it('goes back with every reason where it is not sound, reaches no tool that its agent may not call, and can be mended', async () => {
    const task = await submit('mender');

    await task.reaches('completed');
    const { state, operationId, call } = (await task.steps())['work/2'] ?? {};
    expect({ state, operationId }).toEqual({ state: 'skipped' });
    expect(call).toMatchObject({ refusal: { code: 'bad_plan', problems: [{ pointer: '/steps/0/when' }] } });
    expect(await bodiesOf(task, 'desk.write')).toHaveLength(1);
    expect(tools.requests.filter(({ tool }) => tool === 'vault')).toEqual([]);
  });

  it('repeats no effect when it is returned again', async () => {
    const task = await submit('repeater');

    await task.reaches('completed');
    expect(await bodiesOf(task, 'desk.write')).toHaveLength(1);
    expect((await task.steps())['work/6']).toMatchObject({ state: 'skipped', call: { answeredBy: 'work/3' } });
  });
});
