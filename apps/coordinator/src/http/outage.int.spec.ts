import request from 'supertest';
import { TestCoordinator } from '../../../../test/support/coordinator';
import { TcpProxy } from '../../../../test/support/tcp-proxy';

let gate: TcpProxy;
let coordinator: TestCoordinator;
let key: string;

beforeAll(async () => {
  coordinator = await TestCoordinator.start({
    through: async (url) => {
      gate = await TcpProxy.before(url);
      return gate.url;
    },
  });
  key = await coordinator.key();
}, 60_000);
afterAll(async () => {
  await coordinator.stop();
  await gate.shut();
});

const get = (path: string, who: string) => request(coordinator.server).get(path).set('authorization', `Bearer ${who}`);

describe('a coordinator whose database is away', () => {
  it('answers 503 and when to come back, to known and unknown keys, and works again when it is back', async () => {
    expect((await get('/v1/tasks', key)).status).toBe(200);
    await gate.shut();

    for (const [path, who] of [
      ['/v1/tasks', key],
      ['/v1/workers', key],
      ['/v1/tools/bank.pay', 'another'],
    ] as const) {
      const { status, headers, body } = await get(path, who);

      expect([path, status, headers['retry-after']]).toEqual([path, 503, '1']);
      expect(body).toMatchObject({ code: 'database_unavailable', retryable: true });
    }

    await gate.open();
    expect((await get('/v1/tasks', key)).status).toBe(200);
    expect((await get('/v1/tasks', 'another')).status).toBe(401);
  }, 30_000);
});
