import { Health } from './health';

describe('a process', () => {
  it('is ready when everything it needs works', async () => {
    const health = new Health();
    health.add('postgres', async () => undefined);

    expect(await health.readiness()).toEqual({ ready: true, checks: { postgres: 'ok' } });
  });

  it('is not ready, and says why, when something it needs does not work', async () => {
    const health = new Health();
    health.add('postgres', () => Promise.reject(new Error('connection refused')));

    expect(await health.readiness()).toEqual({ ready: false, checks: { postgres: 'connection refused' } });
  });

  it('is not ready from the moment it drains', async () => {
    const health = new Health();

    health.drain();

    expect((await health.readiness()).ready).toBe(false);
  });
});
