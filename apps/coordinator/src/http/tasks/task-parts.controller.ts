import { ExplanationView, OperationView, StepView } from '@muster/contracts';
import {
  ExplanationReader,
  OperationReader,
  type Page,
  type PageRequest,
  StepReader,
  TaskReader,
} from '@muster/persistence';
import { Controller, Get, Param } from '@nestjs/common';
import { type Caller, From, Needs } from '../access/caller';
import { Answers } from '../docs/describe';
import { explainTask } from '../explain/explain';
import { noSuchTask } from '../problems/problem';
import { InPages, idOf } from '../query';

/** What is so, what was sent, and why nothing moves. */
@Controller('v1/tasks/:id')
export class TaskPartsController {
  constructor(
    private readonly tasks: TaskReader,
    private readonly stepReader: StepReader,
    private readonly operationReader: OperationReader,
    private readonly explanations: ExplanationReader,
  ) {}

  @Get('steps')
  @Needs('tasks:read')
  @Answers(StepView, {
    says: 'Steps in plan order, the items of a forEach behind their parent.',
    path: ['id'],
    isPage: true,
  })
  async steps(@From() caller: Caller, @Param('id') id: string, @InPages() page: PageRequest): Promise<Page<StepView>> {
    const taskId = idOf('task', id);
    return this.existing(caller, taskId, await this.stepReader.page(caller.tenantId, taskId, page));
  }

  @Get('operations')
  @Needs('tasks:read')
  @Answers(OperationView, { says: 'Operations in the order they were first sent.', path: ['id'], isPage: true })
  async operations(
    @From() caller: Caller,
    @Param('id') id: string,
    @InPages() page: PageRequest,
  ): Promise<Page<OperationView>> {
    const taskId = idOf('task', id);
    return this.existing(caller, taskId, await this.operationReader.page(caller.tenantId, taskId, page));
  }

  @Get('explain')
  @Needs('tasks:read')
  @Answers(ExplanationView, { says: 'Why it is not moving, what moves it, and what a person can do.', path: ['id'] })
  async explain(@From() caller: Caller, @Param('id') id: string): Promise<ExplanationView> {
    const facts = await this.explanations.standstill(caller.tenantId, idOf('task', id));
    if (!facts) throw noSuchTask();
    return explainTask(facts);
  }

  // An empty page may be the end of a list, or a list of nothing.
  private async existing<T>({ tenantId }: Caller, taskId: string, page: Page<T>): Promise<Page<T>> {
    if (page.items.length === 0 && !(await this.tasks.pulse(tenantId, taskId))) throw noSuchTask();
    return page;
  }
}
