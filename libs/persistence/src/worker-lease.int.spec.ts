import { Clock, Log } from '@muster/chassis';
import { freshDatabase, type TestDatabase } from '../../../test/support/database';
import { TcpProxy } from '../../../test/support/tcp-proxy';
import { until } from '../../../test/support/until';
import { Database } from './database';
import { LivenessLock, newLockKey } from './liveness-lock';
import { WorkerLease } from './worker-lease';

/** A clock that the test moves. */
class SetClock extends Clock {
  offsetMs = 0;
  override monotonicMs(): number {
    return super.monotonicMs() + this.offsetMs;
  }
}

let test: TestDatabase;
let database: Database;
let lease: WorkerLease;
const clock = new SetClock();
beforeEach(async () => {
  test = await freshDatabase();
  database = new Database({ url: test.url, name: 'lease', role: 'executor' });
  clock.offsetMs = 0;
  lease = new WorkerLease(
    database,
    { service: 'executor', lanes: ['default'], leaseTtlMs: 10_000, heartbeatMs: 50 },
    new Log('test', 'silent'),
    clock,
  );
  await lease.start();
});
afterEach(async () => {
  await lease.end();
  await database.close();
  await test.drop();
});

const rowOf = async (id: string) => (await test.client.query('select * from worker where id = $1', [id])).rows[0];
const locks = async () =>
  (
    await test.client.query(
      "select count(*)::int as n from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
    )
  ).rows[0].n;

describe('a worker that has started', () => {
  it('has a row, a lease and a lock, and may send', async () => {
    expect(await rowOf(lease.workerId)).toMatchObject({
      service: 'executor',
      state: 'starting',
      pid: process.pid,
      lanes: ['default'],
    });
    expect(await locks()).toBe(1);
    expect(lease.canSend()).toBe(true);
  });

  it('tells the time by the clock of the database, whatever its own machine shows', async () => {
    const real = Date.now;
    const wrong = jest.spyOn(Date, 'now').mockImplementation(() => real() + 3_600_000);
    const late = new Clock();
    const other = new WorkerLease(
      database,
      { service: 'verifier', leaseTtlMs: 10_000, heartbeatMs: 50 },
      new Log('test', 'silent'),
      late,
    );
    expect(late.now().getTime() - real()).toBeGreaterThan(3_000_000);

    await other.start();

    expect(Math.abs(late.now().getTime() - real())).toBeLessThan(60_000);
    await other.end();
    wrong.mockRestore();
  });

  it('renews its lease', async () => {
    const { leased_until: before } = await rowOf(lease.workerId);

    await until(async () => (await rowOf(lease.workerId)).leased_until > before, { what: 'a later lease' });
  });

  it('moves through its states', async () => {
    await lease.ready();
    expect((await rowOf(lease.workerId)).state).toBe('ready');

    await lease.drain();
    expect((await rowOf(lease.workerId)).state).toBe('draining');
  });

  it('claims nothing more once it is told to end, and still sends what it claimed', async () => {
    await lease.ready();
    expect(lease.canClaim()).toBe(true);

    await lease.drain();

    expect([lease.canClaim(), await lease.untilClaimable(), lease.canSend()]).toEqual([false, false, true]);
  });
});

describe('a worker whose lease was not renewed for half its time', () => {
  it('sends nothing', () => {
    clock.offsetMs = 5_001;

    expect(lease.canSend()).toBe(false);
  });
});

describe('a worker whose lock session was cut', () => {
  const cut =
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'muster lease liveness' and datname = current_database()";

  it('sends nothing until it has the lock again', async () => {
    await test.client.query(cut);

    await until(() => !lease.canSend(), { what: 'the loss being noticed' });
    await until(() => lease.canSend(), { what: 'the lock being taken again' });
    expect(await locks()).toBe(1);
  });

  it('lets go on who waited for it', async () => {
    await test.client.query(cut);
    await until(() => !lease.canSend(), { what: 'the loss being noticed' });

    expect(await lease.untilClaimable()).toBe(true);
    expect(lease.canSend()).toBe(true);
  });
});

describe('a worker that was given up while it was frozen', () => {
  it('goes on under a new id, and says so', async () => {
    await lease.ready();
    const old = lease.workerId;
    const replaced: string[][] = [];
    lease.onReplaced((...ids) => replaced.push(ids));

    await test.client.query("update worker set state = 'dead', given_up_at = now() where id = $1", [old]);

    await until(() => replaced.length > 0, { what: 'a new id' });
    expect(replaced).toEqual([[old, lease.workerId]]);
    expect(lease.workerId).not.toBe(old);
    expect(await rowOf(lease.workerId)).toMatchObject({ state: 'ready' });
    expect(await rowOf(old)).toMatchObject({ state: 'dead' });
  });
});

describe('a worker that ends in good order', () => {
  it('says so itself and lets its lock fall', async () => {
    await lease.end();

    expect(await rowOf(lease.workerId)).toMatchObject({ state: 'dead', end_kind: 'exit', ended_at: expect.any(Date) });
    await until(async () => (await locks()) === 0, { what: 'the lock falling' });
    expect(lease.canSend()).toBe(false);
  });
});

describe('a worker whose lock has a connection that is half open', () => {
  it('has the lock again over another one, though the server has noticed nothing', async () => {
    const proxy = await TcpProxy.before(test.url);
    const lost: Error[] = [];
    const lock = new LivenessLock({ url: proxy.url, name: 'lock', role: 'executor' }, newLockKey(), (error) =>
      lost.push(error),
    );
    await lock.acquire();

    proxy.freeze();
    await lock.prove();
    expect(lost).toHaveLength(1);

    await until(() => lock.held, { what: 'the lock' });
    await lock.release();
    await proxy.shut();
  });
});
