import { VerificationView } from '@muster/contracts';
import { type Page, type PageRequest, VerificationReader } from '@muster/persistence';
import { Controller, Get, Param } from '@nestjs/common';
import { type Caller, From, Needs } from '../access/caller';
import { Answers } from '../docs/describe';
import { noSuchTask } from '../problems/problem';
import { InPages, idOf } from '../query';

/** The history put to the proof on the live database: chained and folded anew, and held against the rows. */
@Controller('v1')
export class VerificationController {
  constructor(private readonly verification: VerificationReader) {}

  @Get('tasks/:id/verification')
  @Needs('tasks:read')
  @Answers(VerificationView, { says: "Whether the task's history is whole and gives its rows.", path: ['id'] })
  async one(@From() { tenantId }: Caller, @Param('id') id: string): Promise<VerificationView> {
    const found = await this.verification.task(tenantId, idOf('task', id));
    if (!found) throw noSuchTask();
    return found;
  }

  @Get('verification')
  @Needs('operate')
  @Answers(VerificationView, {
    says: 'The same of every task, newest first. A page ends early where histories are long.',
    isPage: true,
  })
  async all(@From() { tenantId }: Caller, @InPages() page: PageRequest): Promise<Page<VerificationView>> {
    return this.verification.page(tenantId, page);
  }
}
