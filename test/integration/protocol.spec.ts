import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { ChassisModule, loadConfig, Log } from '@muster/chassis';
import { compilePlan, hashJson, type JsonObject, type PlanDocument, resolveContract, type ToolContract } from '@muster/domain';
import { MessagingModule, QueueBackend } from '@muster/messaging';
import { PersistenceModule, WorkerModule } from '@muster/persistence';
import { ExecutorModule } from '../../apps/executor/src/executor.module';
import { Lifecycle } from '../../apps/coordinator/src/lifecycle/lifecycle.port';
import { LifecycleModule } from '../../apps/coordinator/src/lifecycle.module';
import { VerifierModule } from '../../apps/verifier/src/verifier.module';
import { aChain, aPlan, aStep, aTool } from '../support/builders';
import { freshDatabase, type TestDatabase } from '../support/database';
import { expectNoBreach } from '../support/invariants';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

@Module({ imports: [PersistenceModule.for('coordinator'), WorkerModule.for('coordinator'), MessagingModule.all(), LifecycleModule] })
class CoordinatorHeart {}

/** Coordinator (without its HTTP door), executor and verifier in this process, on a database of their own. */
class Heart {
  private constructor(
    readonly database: TestDatabase,
    readonly server: ToolServer,
    private readonly services: INestApplicationContext[],
  ) {}

  static async start(): Promise<Heart> {
    const database = await freshDatabase();
    const config = loadConfig({ DATABASE_URL: database.url, EGRESS_ALLOW: '127.0.0.0/8', NODE_ENV: 'test', LOG_LEVEL: process.env.TEST_LOG ?? 'silent' });
    await new QueueBackend({ databaseUrl: database.url }).migrate();
    const services: INestApplicationContext[] = [];
    for (const module of [CoordinatorHeart, ExecutorModule, VerifierModule]) {
      const root = { module: class Root {}, imports: [ChassisModule.with(config, new Log('test', config.logLevel)), module] };
      const app = await NestFactory.createApplicationContext(root, { logger: false });
      services.push(app);
    }
    return new Heart(database, await ToolServer.start(), services);
  }

  async register(...contracts: ToolContract[]): Promise<void> {
    for (const contract of contracts) {
      const hash = hashJson(contract as unknown as JsonObject);
      await this.database.client.query('insert into contract (hash, document) values ($1, $2) on conflict do nothing', [hash, JSON.stringify(contract)]);
    }
  }

  async submit(document: PlanDocument, contracts: ToolContract[], given: JsonObject = {}): Promise<string> {
    await this.register(...contracts);
    const resolved = new Map(contracts.map((contract) => [contract.name, resolveContract(contract, hashJson(contract as unknown as JsonObject))]));
    const compiled = compilePlan(document, resolved, {});
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    const answer = await this.services[0]!.get(Lifecycle).submit({
      tenantId: 'default', bodyHash: hashJson(document as unknown as JsonObject), plan: compiled.plan, input: given, completion: [], invariants: [],
      grants: [], budget: {}, autonomy: 'workflow', priority: 5, labels: {},
    });
    return answer.taskId;
  }

  async ends(taskId: string): Promise<{ state: string; output: string | null; failure: string | null }> {
    return until(async () => {
      const { rows } = await this.database.client.query('select state, output, failure, conditions from task where id = $1', [taskId]);
      return ['completed', 'failed', 'cancelled'].includes(rows[0].state) ? rows[0] : undefined;
    }, { what: 'the end of the task' });
  }

  async stop(): Promise<void> {
    for (const service of this.services.reverse()) await service.close();
    await this.server.close();
    await expectNoBreach(this.database.client);
    await this.database.drop();
  }
}

describe('a coordinator, an executor and a verifier on one database', () => {
  let heart: Heart;
  beforeAll(async () => {
    heart = await Heart.start();
  });
  afterAll(() => heart.stop());

  it('run a chain to its end', async () => {
    const tool = aTool('echo', 'none', heart.server.url);

    const task = await heart.submit({ ...aChain('echo', 5), output: { last: '${{ steps.s4.output }}' } }, [tool]);

    expect(await heart.ends(task)).toMatchObject({ state: 'completed' });
  });

  it('have one effect where the acknowledgement of a keyed call was lost', async () => {
    const tool = aTool('pay', 'keyed', heart.server.url);
    heart.server.next('lostack');

    const task = await heart.submit(aPlan(aStep('pay')), [tool]);

    expect(await heart.ends(task)).toMatchObject({ state: 'completed' });
  });
});
