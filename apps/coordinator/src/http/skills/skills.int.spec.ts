import request, { type Test } from 'supertest';
import { aTool } from '../../../../../test/support/builders';
import { TestCoordinator } from '../../../../../test/support/coordinator';

let coordinator: TestCoordinator;
let key: string;

beforeAll(async () => {
  coordinator = await TestCoordinator.start();
  key = await coordinator.key();
  await put('/v1/tools/tickets.create', aTool('tickets.create', 'keyed', 'http://127.0.0.1:1')).expect(200);
  await put('/v1/skills/greet', GREET).expect(200);
}, 60_000);
afterAll(() => coordinator.stop());

const as = (test: Test): Test => test.set('authorization', `Bearer ${key}`);
const get = (path: string): Test => as(request(coordinator.server).get(path));
const put = (path: string, body: object): Test => as(request(coordinator.server).put(path)).send(body);
const post = (path: string, body: object): Test => as(request(coordinator.server).post(path)).send(body);

const GREET = {
  name: 'greet',
  version: '1',
  description: 'Opens a ticket that says hello.',
  parameters: {
    type: 'object',
    properties: { who: { type: 'string' } },
    required: ['who'],
    additionalProperties: false,
  },
  plan: {
    steps: [{ id: 'open', tool: 'tickets.create', input: { title: 'Hello ${{ input.who }}' } }],
    output: { greeted: '${{ input.who }}' },
  },
};

describe('a skill', () => {
  it('is kept as it was registered, and listed', async () => {
    expect((await get('/v1/skills/greet')).body).toEqual(GREET);
    expect((await get('/v1/skills')).body).toEqual({ items: [GREET] });
    await get('/v1/skills/none').expect(404);
  });

  it('runs where a task asks for it by name, with its parameters as input', async () => {
    const { body: task } = await post('/v1/tasks', { skill: 'greet', input: { who: 'Ann' } }).expect(202);

    expect(task).toMatchObject({ skill: 'greet@1', input: { who: 'Ann' }, counts: { dispatched: 1 } });
    expect((await get(`/v1/tasks/${task.id}/steps`)).body.items).toMatchObject([{ key: 'open' }]);
  });

  it('is refused with parameters that are not its own, each with its pointer', async () => {
    const { body } = await post('/v1/tasks', { skill: 'greet@1', input: { whom: 'Ann' } }).expect(422);

    expect(body.errors).toMatchObject([
      { pointer: '/input/who', code: 'required' },
      { pointer: '/input/whom', code: 'bad_input' },
    ]);
  });

  it.each(['great', 'greet@2', 'greet@', 'Greet!'])('is not found as %s', async (skill) => {
    const { body } = await post('/v1/tasks', { skill, input: { who: 'x' } }).expect(422);

    expect(body.errors).toMatchObject([{ pointer: '/skill', code: 'unknown_skill' }]);
  });

  it('stands in a plan as the steps that it is made of', async () => {
    const plan = {
      steps: [
        { id: 'hi', skill: 'greet', input: { who: 'Bob' } },
        { id: 'after', tool: 'tickets.create', input: { title: '${{ steps.hi.output.greeted }}' } },
      ],
    };

    const { body: task } = await post('/v1/tasks', { plan }).expect(202);

    expect((await get(`/v1/tasks/${task.id}/steps`)).body.items).toMatchObject([
      { key: 'hi--open', needs: [] },
      { key: 'after', needs: ['hi--open'] },
    ]);
  });

  it('says of a problem where the plan names it', async () => {
    const plan = {
      steps: [
        { id: 'hi', skill: 'greet', input: {} },
        { id: 'b', tool: 'nope' },
      ],
    };

    const { body } = await post('/v1/tasks', { plan }).expect(422);

    expect(body.errors).toMatchObject([
      { pointer: '/plan/steps/0/input/who', code: 'required' },
      { pointer: '/plan/steps/1/tool', code: 'unknown_tool' },
    ]);
  });

  it('is checked without running', async () => {
    const { body } = await post('/v1/plans/check', { skill: 'greet', input: { who: 'x' } }).expect(200);

    expect(body).toMatchObject({
      problems: [],
      effects: [{ step: 'open', tool: 'tickets.create', effect: 'keyed' }],
      budget: { steps: 1 },
      mermaid: expect.stringContaining('tickets.create'),
    });
  });

  it('that was used is not replaced under its version, and goes on under another', async () => {
    await post('/v1/tasks', { skill: 'greet', input: { who: 'Ann' } }).expect(202);
    const changed = { ...GREET, description: 'Another one.' };

    const refused = await put('/v1/skills/greet', changed).expect(409);
    await put('/v1/skills/greet', GREET).expect(200);
    await put('/v1/skills/greet', { ...changed, version: '2' }).expect(200);

    expect(refused.body.code).toBe('version_in_use');
    const { body: task } = await post('/v1/tasks', { skill: 'greet', input: { who: 'Ann' } }).expect(202);
    expect(task.skill).toBe('greet@2');
  });
});

describe('a skill that breaks a rule', () => {
  it.each<[string, object, string]>([
    ['another name', { name: 'other' }, '/name'],
    ['no schema', { parameters: { type: 'nothing' } }, '/parameters'],
    ['an input of its own', { plan: { ...GREET.plan, input: { who: 'string' } } }, '/plan/input'],
    ['an unknown tool', { plan: { steps: [{ id: 'a', tool: 'no.such' }] } }, '/plan/steps/0/tool'],
    ['a parameter that it has not', { plan: { ...GREET.plan, output: '${{ input.whom }}' } }, '/plan/output'],
    ['an unknown skill', { plan: { steps: [{ id: 'a', skill: 'no.such' }] } }, '/plan/steps/0/skill'],
    ['nothing that a step does', { plan: { steps: [{ id: 'a' }] } }, '/plan/steps/0/tool'],
  ])('is refused there: %s', async (_what, change, pointer) => {
    const { body } = await put('/v1/skills/bad', { ...GREET, name: 'bad', ...change }).expect(422);

    expect(body.errors).toMatchObject([{ pointer }]);
  });
});
