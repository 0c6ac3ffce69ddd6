import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../test/support/until';
import { ChildService } from './child-service';
import { isRunning } from './process-end';

/** Says that it is ready under its pid, stands for a worker of that name, and stays until it is told to go. */
const WORKER = `
  console.log('fault: ' + (process.env.MUSTER_FAULT ?? 'none'));
  process.send({ type: 'worker', id: 'worker-' + process.pid });
  process.send({ type: 'ready', service: 'tiny', url: 'http://127.0.0.1:' + process.pid });
  process.on('SIGTERM', () => process.exit(0));
  process.on('disconnect', () => process.exit(0));
  setInterval(() => undefined, 1000);`;

let folder: string;
let service: ChildService;
const reported: string[] = [];
const said: string[] = [];
let report: (workers: readonly string[]) => Promise<void>;

/** The same, and a spare of it waits to be told. */
const SPARED_WORKER = `
  console.log('loaded: ' + process.pid);
  const begin = () => {${WORKER}};
  if (process.env.MUSTER_STANDBY) process.once('message', begin); else begin();`;

function aService(script: string, env: NodeJS.ProcessEnv = {}, spared = false): ChildService {
  const main = join(folder, 'tiny.js');
  writeFileSync(main, script);
  service = new ChildService(
    { name: 'executor', main, logFile: join(folder, 'tiny.log'), spared },
    { ...env, PATH: process.env.PATH },
    {
      say: (line) => said.push(line),
      reportEnd: async (_name, workers) => report(workers),
    },
  );
  return service;
}
const log = () => readFileSync(join(folder, 'tiny.log'), 'utf8');
const pidOf = (url: string) => Number(new URL(url.replace('127.0.0.1:', '127.0.0.1/')).pathname.slice(1));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-child-'));
  reported.length = 0;
  said.length = 0;
  report = async (workers) => {
    reported.push(...workers);
  };
});
afterEach(async () => {
  service.kill();
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a service that is killed', () => {
  it('is reported as ended before it is started again', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    report = async (workers) => {
      reported.push(...workers);
      await released;
    };
    aService(WORKER).start();
    const pid = pidOf(await service.ready);

    process.kill(pid, 'SIGKILL');
    await until(() => reported.length > 0, { what: 'the report' });

    expect(reported).toEqual([`worker-${pid}`]);
    expect(said).toEqual([]);
    release();
    await until(() => said.includes('executor is back.'), { what: 'the next instance' });
  });
});

describe('a service that is stopped', () => {
  it('ends, is reported, and is not started again', async () => {
    aService(WORKER).start();
    const pid = pidOf(await service.ready);

    await service.stop();

    expect(isRunning(pid)).toBe(false);
    expect(reported).toEqual([`worker-${pid}`]);
    expect(said).toEqual([]);
  });
});

describe('a service whose return is waited for', () => {
  const loaded = () => [...log().matchAll(/loaded: (\d+)/g)].map(([, pid]) => Number(pid));

  it('has a spare that begins in its place, and then has another one', async () => {
    aService(SPARED_WORKER, {}, true).start();
    const first = pidOf(await service.ready);
    await until(() => loaded().length === 2, { what: 'the spare' });
    expect(log().match(/fault: none/g)).toHaveLength(1);

    process.kill(first, 'SIGKILL');
    await until(() => said.includes('executor is back.'), { what: 'the spare in its place' });

    expect(log().match(/fault: none/g)).toHaveLength(2);
    expect(loaded()).toHaveLength(2);
    await until(() => loaded().length === 3, { what: 'the next spare' });
  });

  it('takes its spare with it when it is stopped', async () => {
    aService(SPARED_WORKER, {}, true).start();
    await service.ready;
    const spare = await until(() => loaded()[1], { what: 'the spare' });

    await service.stop();

    await until(() => !isRunning(spare), { what: 'the end of the spare' });
  });
});

describe('a service that fails at its start', () => {
  it('is tried again, later each time, with the end of its log', async () => {
    aService("console.log('no such table'); process.exit(3)").start();

    await until(() => said.length >= 3, { what: 'the second failure' });

    expect(said[0]).toBe('executor ended (exit status 3); starting it again in 0.2 s.');
    expect(said[1]).toBe('executor ended (exit status 3); starting it again in 0.4 s.');
    expect(said[2]).toContain('no such table');
  });
});

describe('a fault that a crash test asks for', () => {
  it('belongs to the first instance of its service alone', async () => {
    aService(WORKER, { MUSTER_FAULT: 'verifier.before-probe:kill,executor.after-claim:kill' }).start();
    process.kill(pidOf(await service.ready), 'SIGKILL');

    await until(() => log().includes('fault: none'), { what: 'the next instance' });

    expect(log()).toBe('fault: executor.after-claim:kill\nfault: none\n');
  });
});
