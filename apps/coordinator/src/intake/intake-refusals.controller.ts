import { IntakeLetterView, IntakeRefusalView } from '@muster/contracts';
import type { Page, PageRequest } from '@muster/persistence';
import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { type Caller, From, Needs } from '../http/access/caller';
import { Answers } from '../http/docs/describe';
import { notFound } from '../http/problems/problem';
import { InPages, idOf } from '../http/query';
import { DeadLetterStore } from './dead-letter.store';
import { Intake } from './intake';

@Controller('v1/intake/refusals')
export class IntakeRefusalsController {
  constructor(
    private readonly letters: DeadLetterStore,
    private readonly intake: Intake,
  ) {}

  @Get()
  @Needs('tasks:read')
  @Answers(IntakeRefusalView, { says: 'Jobs of the queue door that were refused, newest first.', isPage: true })
  async list(@From() { tenantId }: Caller, @InPages() page: PageRequest): Promise<Page<IntakeRefusalView>> {
    return this.letters.page(tenantId, page);
  }

  @Get(':id')
  @Needs('tasks:read')
  @Answers(IntakeLetterView, { says: 'One of them, with its message.', path: ['id'] })
  async one(@From() caller: Caller, @Param('id') id: string): Promise<IntakeLetterView> {
    return this.found(caller, idOf('refusal', id));
  }

  @Post(':id/redrive')
  @HttpCode(200)
  @Needs('operate')
  @Answers(IntakeLetterView, {
    says: 'Submits a refused message again, past its time and its key. What became a task stays that task.',
    path: ['id'],
  })
  async redrive(@From() caller: Caller, @Param('id') id: string): Promise<IntakeLetterView> {
    const refusalId = idOf('refusal', id);
    const letter = await this.found(caller, refusalId);
    if (letter.taskId === undefined) await this.intake.redrive(caller, refusalId, letter);
    return this.found(caller, refusalId);
  }

  private async found({ tenantId }: Caller, refusalId: string): Promise<IntakeLetterView> {
    const letter = await this.letters.one(tenantId, refusalId);
    if (!letter) throw notFound('such refusal');
    return letter;
  }
}
