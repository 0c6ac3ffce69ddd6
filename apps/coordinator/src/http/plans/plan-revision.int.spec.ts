import type { EffectClass, JsonObject } from '@muster/domain';
import { Database } from '@muster/persistence';
import request, { type Test } from 'supertest';
import { aPlan, aStep, aTool } from '../../../../../test/support/builders';
import { TestCoordinator } from '../../../../../test/support/coordinator';
import { ToolStore } from '../tools/tool.store';

let coordinator: TestCoordinator;
let key: string;
beforeAll(async () => {
  coordinator = await TestCoordinator.start();
  key = await coordinator.key();
}, 60_000);
afterAll(() => coordinator.stop());

const as = (test: Test): Test => test.set('authorization', `Bearer ${key}`);
const get = (path: string): Test => as(request(coordinator.server).get(path));
const put = (path: string, body: object): Test => as(request(coordinator.server).put(path)).send(body);
const post = (path: string, body: object): Test => as(request(coordinator.server).post(path)).send(body);

const contract = (name: string, effect: EffectClass = 'keyed') => aTool(name, effect, 'http://127.0.0.1:1');
const register = (name: string, effect?: EffectClass) => put(`/v1/tools/${name}`, contract(name, effect)).expect(200);

/** A task that has begun, and may call more than it does so far. */
async function aTask(...grants: string[]): Promise<string> {
  await register('first');
  const { body } = await post('/v1/tasks', { plan: aPlan(aStep('first')), grants: ['first', ...grants] }).expect(202);
  return body.id;
}
const revise = (task: string, ...steps: object[]): Test =>
  post(`/v1/tasks/${task}/plan`, { replaces: 1, plan: { steps } });

describe('a contract that is replaced while a plan is being put in the place of another one', () => {
  it('is pinned as it stands then, and stands from then on', async () => {
    const task = await aTask('moving');
    await register('moving');
    // The shelf of this coordinator knows it now, and looks at it anew only after a while.
    await post('/v1/plans/check', { plan: aPlan(aStep('moving')) }).expect(200);
    await replacedByAnotherCoordinator('moving', 'none');

    await revise(task, aStep('moving')).expect(200);

    const { body: plan } = await get(`/v1/tasks/${task}/plan`).expect(200);
    const [row] = await registered('moving');
    expect(plan.tools.moving.hash).toBe(row.contract_hash);
    expect(row.first_used_at).not.toBeNull();
    await put('/v1/tools/moving', contract('moving', 'opaque')).expect(409);
  });
});

describe('a skill in the plan that is put in the place of another one', () => {
  it('is in use from then on', async () => {
    const task = await aTask('inside');
    await register('inside');
    const skill = {
      name: 'template',
      version: '1',
      description: 'One step.',
      parameters: { type: 'object' },
      plan: { steps: [aStep('inside')] },
    };
    await put('/v1/skills/template', skill).expect(200);

    await revise(task, { id: 'call', skill: 'template' }).expect(200);

    const { body } = await put('/v1/skills/template', { ...skill, description: 'Another one.' }).expect(409);
    expect(body.code).toBe('version_in_use');
  });
});

describe('a plan that was put in the place of another one, and is sent again', () => {
  it('is answered as the first time', async () => {
    const task = await aTask();

    const first = await revise(task, aStep('first', { id: 'second' })).expect(200);
    const again = await revise(task, aStep('first', { id: 'second' })).expect(200);

    expect(again.body).toEqual(first.body);
    expect(again.body).toMatchObject({ from: 1, to: 2, added: ['second'] });
  });
});

const registered = async (name: string) =>
  (await coordinator.database.client.query('select * from tool where name = $1', [name])).rows;

async function replacedByAnotherCoordinator(name: string, effect: EffectClass): Promise<void> {
  const database = new Database({ url: coordinator.database.url, name: 'another coordinator', role: 'coordinator' });
  await new ToolStore(database).register('default', contract(name, effect) as unknown as JsonObject);
  await database.close();
}
