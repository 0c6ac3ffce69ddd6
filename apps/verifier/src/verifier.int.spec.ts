import { ChassisModule, Log, loadConfig } from '@muster/chassis';
import { QUEUES } from '@muster/contracts';
import { newUuid, showId } from '@muster/domain';
import { Doorbells, QueueBackend } from '@muster/messaging';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { freshDatabase, type TestDatabase } from '../../../test/support/database';
import { ringJobs } from '../../../test/support/ring-jobs';
import type { Row } from '../../../test/support/rows';
import { until } from '../../../test/support/until';
import { absent, hangsUp, happened, ProbeServer, says } from './testing/probe-server';
import { Scene } from './testing/scene';
import { Verifier } from './verifier';
import { VerifierModule } from './verifier.module';

let database: TestDatabase;
let app: INestApplicationContext;
let scene: Scene;
let tool: ProbeServer;

const never = new AbortController().signal;
const probe = (given = {}) => ({
  method: 'GET',
  url: tool.url,
  happened: 'response.status == 200 && response.body.applied',
  output: 'response.body.result',
  timeoutMs: 5_000,
  ...given,
});
const verify = (step: Row, epoch = 1) => app.get(Verifier).answer({ steps: [{ id: String(step.id), epoch }] }, never);
const ask = (step: Row) => app.get(Verifier).answer({ operations: [String(step.operation_id)] }, never);
const judge = (task: Row, round = 1) => app.get(Verifier).answer({ tasks: [{ id: String(task.id), round }] }, never);

/** What the coordinator has been told to look at. */
async function rung(): Promise<{ steps: string[]; tasks: string[] }> {
  await app.get(Doorbells).settled();
  const queue = new QueueBackend({ databaseUrl: database.url }).producer(QUEUES.coordinator);
  const messages = (await queue.getJobs(['waiting', 'prioritized'])).map(
    (job) => job.data as { steps?: string[]; tasks?: string[] },
  );
  await queue.close();
  return {
    steps: messages.flatMap((message) => message.steps ?? []),
    tasks: messages.flatMap((message) => message.tasks ?? []),
  };
}

beforeAll(async () => {
  database = await freshDatabase();
  await new QueueBackend({ databaseUrl: database.url }).migrate();
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: database.url, EGRESS_ALLOW: '127.0.0.1' });
  const built = await Test.createTestingModule({
    imports: [ChassisModule.with(config, new Log('test', 'silent')), VerifierModule],
  }).compile();
  app = await built.init();
  scene = await Scene.on(database);
});
beforeEach(async () => {
  tool = await ProbeServer.start();
});
afterEach(async () => {
  await tool.stop();
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

describe('a step that waits for its verdict', () => {
  it('passes when its output matches the schema and its check is true', async () => {
    const step = await scene.verifying({
      check: 'output.status == steps.find.output.status',
      before: { find: { status: 'open' } },
    });

    await verify(step);

    expect(await scene.verdictsOn(step)).toMatchObject([{ passed: true, code: 'passed', round: 1 }]);
    expect((await rung()).steps).toContain(step.id);
  });

  it.each([
    ['an output that breaks the schema', { output: { status: 1 } }, 'output_invalid'],
    ['an answer that is no JSON', { operation: { response: Buffer.from('<html>') } }, 'output_invalid'],
    ['a check that is false', { check: 'output.status == "closed"' }, 'check_failed'],
    ['a check that has no value', { check: 'output.gone == 1' }, 'expression_error'],
  ])('fails for %s', async (_what, given, code) => {
    const step = await scene.verifying(given);

    await verify(step);

    expect(await scene.verdictsOn(step)).toMatchObject([{ passed: false, code }]);
  });

  it('keeps the first verdict, and tells the coordinator again when it is asked again', async () => {
    const step = await scene.verifying();
    const told = async () => (await rung()).steps.filter((id) => id === step.id).length;
    await verify(step);
    const [first] = await scene.verdictsOn(step);
    expect(await told()).toBe(1);

    // Two that ask in the same turn may be told in one ring.
    await Promise.all([verify(step), verify(step)]);

    expect(await scene.verdictsOn(step)).toEqual([first]);
    expect(await told()).toBeGreaterThan(1);
  });

  it('gets none for another epoch, nor when it waits for something else', async () => {
    const step = await scene.verifying();
    const parked = await scene.verifying({ step: { state: 'parked' } });

    await verify(step, 2);
    await verify(parked);

    expect(await scene.verdictsOn(step)).toEqual([]);
    expect(await scene.verdictsOn(parked)).toEqual([]);
  });
});

describe('an answer of success', () => {
  it('is read back from the tool and believed with the evidence', async () => {
    tool.reply = happened({ status: 'open' });
    const step = await scene.verifying({ probe: probe() });

    await verify(step);

    const [evidence] = await scene.evidenceOf(step);
    expect(evidence).toMatchObject({ kind: 'read-back', finding: 'happened' });
    expect(await scene.verdictsOn(step)).toMatchObject([{ passed: true, evidence_ids: [evidence!.id] }]);
    expect(tool.asked).toEqual([`/ops/${showId('operation', String(step.operation_id))}`]);
  });

  it('is a phantom when the tool shows no effect after the time it may take', async () => {
    tool.reply = absent;
    const step = await scene.verifying({ probe: probe({ absentAfterMs: 10 }) });

    await verify(step);

    expect(await scene.verdictsOn(step)).toMatchObject([{ passed: false, code: 'phantom_success' }]);
  });

  it('is not called a phantom for an effect that shows a little later', async () => {
    tool.reply = (response, asked) => (asked < 3 ? absent : happened({ status: 'open' }))(response, asked);
    const step = await scene.verifying({ probe: probe({ absentAfterMs: 60_000 }) });

    await verify(step);

    expect((await scene.evidenceOf(step)).map((one) => one.finding)).toEqual(['absent', 'absent', 'happened']);
    expect(await scene.verdictsOn(step)).toMatchObject([{ passed: true }]);
  });

  it('stands when the tool cannot say, and the verdict says that it could not', async () => {
    tool.reply = hangsUp;
    const step = await scene.verifying({ probe: probe() });

    await verify(step);

    const [verdict] = await scene.verdictsOn(step);
    expect(verdict).toMatchObject({ passed: true });
    expect(verdict!.findings).toContainEqual(expect.objectContaining({ check: 'read-back', inconclusive: true }));
  });

  it.each(['probe', 'person'])('is not read back when a %s has told it already', async (resolver) => {
    const step = await scene.verifying({ probe: probe(), operation: { resolver } });

    await verify(step);

    expect(tool.asked).toEqual([]);
    expect(await scene.verdictsOn(step)).toMatchObject([{ passed: true }]);
  });

  it('does not keep other steps of the same message waiting for its read-back', async () => {
    let release = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      tool.reply = (response, nth) => {
        resolve();
        release = () => happened({ status: 'open' })(response, nth);
      };
    });
    const slow = await scene.verifying({ probe: probe({ timeoutMs: 10_000 }) });
    const quick = await scene.verifying();

    const answered = app
      .get(Verifier)
      .answer({ steps: [slow, quick].map((step) => ({ id: String(step.id), epoch: 1 })) }, never);
    await asked;
    expect(await scene.verdictsOn(quick)).toHaveLength(1);
    expect(await scene.verdictsOn(slow)).toHaveLength(0);
    release();
    await answered;

    expect(await scene.verdictsOn(slow)).toHaveLength(1);
  });
});

describe('an operation whose outcome nobody knows', () => {
  it('is asked about, and what happened is kept as the exact bytes of its output', async () => {
    tool.reply = happened({ status: 'open', n: 1 });
    const step = await scene.inDoubt(probe());
    const {
      rows: [before],
    } = await database.client.query('select clock_timestamp() as at');

    await ask(step);

    const [evidence] = await scene.evidenceOf(step);
    expect(evidence).toMatchObject({ kind: 'probe', finding: 'happened', operation_id: step.operation_id });
    expect(String(evidence!.body)).toBe('{"status":"open","n":1}');
    expect(Number(evidence!.began_at)).toBeGreaterThanOrEqual(Number(before.at));
    expect(Number(evidence!.began_at)).toBeLessThanOrEqual(Number(evidence!.at));
    expect((await rung()).steps).toContain(step.id);
  });

  it('has begun to be asked about before the question left', async () => {
    let leftAt = 0;
    tool.reply = (response, nth) => {
      leftAt = Date.now();
      absent(response, nth);
    };
    const step = await scene.inDoubt(probe());

    await ask(step);

    expect(Number((await scene.evidenceOf(step))[0]!.began_at)).toBeLessThanOrEqual(leftAt);
  });

  it.each([
    ['absent', absent, 'absent'],
    ['an error of its own', says(500, { applied: true }), 'inconclusive'],
    ['nothing, and hangs up', hangsUp, 'inconclusive'],
    ['nothing, and keeps the line open', () => undefined, 'inconclusive'],
  ])('is recorded for what the tool says: %s', async (_what, reply, finding) => {
    tool.reply = reply;
    const step = await scene.inDoubt(probe());

    await ask(step);

    expect(await scene.evidenceOf(step)).toMatchObject([{ kind: 'probe', finding, body: null }]);
  });

  it('is not asked about at an address that the operator has not allowed', async () => {
    const step = await scene.inDoubt(probe({ url: tool.url.replace('127.0.0.1', '127.0.0.2') }));

    await ask(step);

    const [evidence] = await scene.evidenceOf(step);
    expect(evidence).toMatchObject({ finding: 'inconclusive' });
    expect(String(evidence!.detail)).toContain('private address');
    expect(tool.asked).toEqual([]);
  });

  it('is passed over when it is settled or its tool cannot be asked', async () => {
    const settled = await scene.verifying({ probe: probe() });
    const mute = await scene.inDoubt(undefined);

    await app
      .get(Verifier)
      .answer({ operations: [String(settled.operation_id), String(mute.operation_id), newUuid()] }, never);

    expect(tool.asked).toEqual([]);
    expect(await scene.evidenceOf(mute)).toEqual([]);
  });
});

describe('a task that waits for its verdict', () => {
  it('passes when every criterion and invariant is true, with the values they were held against', async () => {
    const task = await scene.taskVerifying(
      ['steps.open.output.status == "open"'],
      ['input.max > 1'],
      { status: 'open' },
      { max: 2 },
    );

    await judge(task);

    const [evidence] = await scene.evidenceOf(task);
    expect(evidence).toMatchObject({ kind: 'criteria', finding: 'hold' });
    expect(JSON.parse(String(evidence!.body))).toMatchObject({
      input: { max: 2 },
      steps: { open: { output: { status: 'open' } } },
    });
    expect(await scene.verdictsOn(task)).toMatchObject([
      { passed: true, round: 1, step_id: null, evidence_ids: [evidence!.id] },
    ]);
    expect((await rung()).tasks).toContain(task.id);
  });

  it('fails with the first criterion that does not hold, and all findings', async () => {
    const task = await scene.taskVerifying(
      ['steps.open.output.status == "closed"'],
      ['input.max > 9'],
      { status: 'open' },
      { max: 2 },
    );

    await judge(task);

    const [verdict] = await scene.verdictsOn(task);
    expect(verdict).toMatchObject({ passed: false, code: 'criterion_failed' });
    expect(verdict!.findings).toHaveLength(2);
  });

  it('has one verdict and one evidence per round, however often it is asked for, and none for another round', async () => {
    const task = await scene.taskVerifying(['steps.open.output.status == "open"'], [], { status: 'open' });

    await judge(task, 7);
    expect(await scene.verdictsOn(task)).toEqual([]);
    await judge(task);
    await judge(task);

    expect(await scene.verdictsOn(task)).toHaveLength(1);
    expect(await scene.evidenceOf(task)).toHaveLength(1);
  });
});

describe('the verifier as a process', () => {
  it('answers what comes through its queue', async () => {
    const step = await scene.verifying();

    ringJobs(app.get(Doorbells), QUEUES.verifier, [
      { name: 'verify', id: `v-${newUuid()}`, data: { steps: [{ id: step.id, epoch: 1 }] } },
    ]);

    await until(async () => (await scene.verdictsOn(step)).length === 1);
  });

  it('can write verdicts and evidence, and nothing else of a task', async () => {
    const step = await scene.verifying();
    await database.client.query('begin');
    await database.client.query('set local role muster_verifier');

    const refused = database.client.query(`update step set state = 'succeeded' where id = $1`, [step.id]);

    await expect(refused).rejects.toThrow(/permission denied/);
    await database.client.query('rollback');
  });
});
