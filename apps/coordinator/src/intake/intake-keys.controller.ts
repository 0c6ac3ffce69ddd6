import { IntakeKeyRequest, IntakeKeyView, IssuedIntakeKeyView, shapeProblems } from '@muster/contracts';
import type { JsonObject } from '@muster/domain';
import type { Page, PageRequest } from '@muster/persistence';
import { Controller, Delete, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import { type Caller, From, Needs } from '../http/access/caller';
import { JsonBody } from '../http/body/json-body';
import { Answers, Takes } from '../http/docs/describe';
import { invalidRequest, notFound } from '../http/problems/problem';
import { InPages, idOf } from '../http/query';
import { IntakeKeyStore } from './intake-key.store';

@Controller('v1/intake/keys')
@Needs('operate')
export class IntakeKeysController {
  constructor(private readonly keys: IntakeKeyStore) {}

  @Post()
  @HttpCode(201)
  @Header('cache-control', 'no-store')
  @Takes(IntakeKeyRequest)
  @Answers(IssuedIntakeKeyView, {
    status: 201,
    says: 'Makes a key for another system, and shows its secret this once.',
  })
  async issue(@From() { tenantId }: Caller, @JsonBody() body: JsonObject): Promise<IssuedIntakeKeyView> {
    const problems = shapeProblems(IntakeKeyRequest, body);
    if (problems.length > 0) throw invalidRequest(problems);
    return this.keys.issue(tenantId, (body as unknown as IntakeKeyRequest).label);
  }

  @Get()
  @Answers(IntakeKeyView, { says: 'The keys that other systems sign with, newest first.', isPage: true })
  async list(@From() { tenantId }: Caller, @InPages() page: PageRequest): Promise<Page<IntakeKeyView>> {
    return this.keys.page(tenantId, page);
  }

  @Delete(':id')
  @Answers(IntakeKeyView, { says: 'Revokes a key: messages signed with it are refused from here on.', path: ['id'] })
  async revoke(@From() { tenantId }: Caller, @Param('id') id: string): Promise<IntakeKeyView> {
    const key = await this.keys.revoke(tenantId, idOf('intakeKey', id));
    if (!key) throw notFound('such key');
    return key;
  }
}
