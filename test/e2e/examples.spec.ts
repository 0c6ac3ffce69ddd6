import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gather } from '@muster/client';
import type { AgentContract, JsonObject, PlanDocument, ToolContract } from '@muster/domain';
import { parse } from 'yaml';
import { Muster } from '../support/muster';
import type { RunningTask } from '../support/running-task';

jest.setTimeout(90_000);

const EXAMPLES = join(__dirname, '../../examples');
const AGENTS = join(EXAMPLES, 'agents');
const read = <T>(...path: string[]): T => parse(readFileSync(join(...path), 'utf8')) as T;

let muster: Muster;
beforeAll(async () => {
  muster = await Muster.start({ env: { MODELS: join(AGENTS, 'models.yaml') } });
  await muster.register(read<ToolContract>(EXAMPLES, 'lost-acknowledgement/tools/report.write.json'));
  const agents = readdirSync(join(AGENTS, 'agents')).map((file) => read<AgentContract>(AGENTS, 'agents', file));
  // An agent that calls others is registered after them.
  agents.sort((a, b) => (a.agents?.length ?? 0) - (b.agents?.length ?? 0));
  for (const agent of agents) await muster.client.agents.put(agent);
});
afterEach(() => muster.expectNoBreach());
afterAll(() => muster.stop());

const run = (plan: string, input: JsonObject): Promise<RunningTask> =>
  muster.submit(read<PlanDocument>(AGENTS, 'plans', `${plan}.yaml`), { input });

describe('the examples of agents, offline', () => {
  it('research and write: what each reader found stands in the report', async () => {
    const notes = ['The moon pulls the sea. Newton said so.', 'Springs are high. Ask any sailor.'];

    const running = await run('research-and-write', { topic: 'Tides', notes });

    expect(await running.reaches('completed')).toMatchObject({
      output: { text: 'The moon pulls the sea. Springs are high.' },
    });
  });

  it('triage: a refund waits for a person, a question does not', async () => {
    const [refund, question] = [
      await run('triage', { message: 'I want a refund.' }),
      await run('triage', { message: 'When are you open?' }),
    ];

    expect(await question.reaches('completed')).toMatchObject({ output: { kind: 'question' } });
    expect(await refund.isParked()).toBe('permit_required');
    const [permit] = await gather(muster.client.permits.list({ task: refund.id }));
    expect(permit?.request).toMatchObject({ ask: 'Pay back 120 EUR?' });
    await muster.approver.permits.grant(permit!.id, { reason: 'Checked with Ada.' });
    expect(await refund.reaches('completed')).toMatchObject({ output: { kind: 'refund' } });
  });

  it('orchestrator: a plan of twenty workers, each an agent with a context of its own, and a report behind them', async () => {
    const running = await run('orchestrator', { text: 'a long text' });

    const report = 'The first has 11 letters, the last has 11.';
    expect(await running.reaches('completed')).toMatchObject({ output: { parts: 20, last: 20, report } });
    const steps = await running.steps();
    const workers = Object.values(steps).filter(({ agent }) => agent === 'worker');
    expect(workers.map(({ state }) => state)).toEqual(Array(20).fill('succeeded'));
    expect(steps['lead/22']).toMatchObject({ agent: 'writer', needs: workers.map(({ key }) => key) });
  });

  it('evaluator and optimizer: a draft goes back until the critic is content', async () => {
    const running = await run('evaluator-optimizer', { claim: 'Muster is safe' });

    expect(await running.reaches('completed')).toMatchObject({
      output: { text: 'Muster is safe because nothing is sent twice.', score: 9 },
    });
  });
});
