import { Config } from '@muster/chassis';
import {
  AgentRequest,
  BatchRequest,
  BreakerView,
  CancelTaskRequest,
  IntakeKeyRequest,
  IntakeMessage,
  intakeAsyncApi,
  jsonSchemasOf,
  QUEUES,
  QueueView,
  ResolveOperationRequest,
  SchemasView,
  SkillRequest,
  TaskRequest,
  ToolRequest,
  WorkerView,
} from '@muster/contracts';
import { Doorbells } from '@muster/messaging';
import { type Page, type PageRequest, RegistryReader } from '@muster/persistence';
import { Controller, Get } from '@nestjs/common';
import { type Caller, From, Needs } from '../access/caller';
import { Answers } from '../docs/describe';
import { HttpProblem } from '../problems/problem';
import { InPages } from '../query';

const VERSION = '1';
const REQUESTS = [
  TaskRequest,
  BatchRequest,
  ToolRequest,
  SkillRequest,
  AgentRequest,
  CancelTaskRequest,
  ResolveOperationRequest,
  IntakeMessage,
  IntakeKeyRequest,
];

/** Who works, what is cut off, what waits. */
@Controller('v1')
@Needs('tasks:read')
export class RegistryController {
  constructor(
    private readonly registry: RegistryReader,
    private readonly doorbells: Doorbells,
    private readonly config: Config,
  ) {}

  @Get('workers')
  @Answers(WorkerView, { says: 'Workers that live, and those that died lately; newest first.', isPage: true })
  async workers(@InPages() page: PageRequest): Promise<Page<WorkerView>> {
    return this.registry.workers(page);
  }

  @Get('breakers')
  @Answers(BreakerView, { says: 'The breaker of each tool, as each executor sees it.', isPage: true })
  async breakers(@From() caller: Caller, @InPages() page: PageRequest): Promise<Page<BreakerView>> {
    return this.registry.breakers(caller.tenantId, page);
  }

  @Get('queues')
  @Answers(QueueView, {
    says: 'The queues of doorbells. What waits to be done is in the tasks, not here.',
    isPage: true,
  })
  async queues(): Promise<Page<QueueView>> {
    const depths = await this.doorbells.depths(Object.values(QUEUES)).catch(() => {
      const detail = 'The queues do not answer. Tasks go on by the sweeper, slower; try again in a moment.';
      throw new HttpProblem(503, 'queues_unavailable', detail, { retryable: true, headers: { 'retry-after': '1' } });
    });
    return { items: depths.map(({ queue, ...counts }) => ({ name: queue, counts })) };
  }

  @Get('contracts')
  @Answers(SchemasView, {
    says: 'JSON Schemas (2020-12) of the request bodies and of queue messages; the AsyncAPI document of the queue door.',
  })
  schemas(): SchemasView {
    return {
      schemas: jsonSchemasOf(REQUESTS, (name) => `#/schemas/${name}`),
      asyncapi: intakeAsyncApi(VERSION, this.config.queuePrefix),
    };
  }
}
