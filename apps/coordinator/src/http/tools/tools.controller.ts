import { ToolRequest } from '@muster/contracts';
import { checkContract, isToolName, type JsonObject, type Problem, type ToolContract } from '@muster/domain';
import { type Page, type PageRequest, RegistryReader } from '@muster/persistence';
import { Controller, Get, Param, Put, Req } from '@nestjs/common';
import type { Request } from 'express';
import { type Caller, From, Needs } from '../access/caller';
import { JsonBody } from '../body/json-body';
import { Answers, Takes } from '../docs/describe';
import { invalidRequest, notFound } from '../problems/problem';
import { InPages, textOf } from '../query';
import { registrationProblems, versionInUse } from '../registry/registration';
import { ContractShelf } from '../submission/contract.shelf';
import { ToolStore } from './tool.store';

@Controller('v1/tools')
export class ToolsController {
  constructor(
    private readonly store: ToolStore,
    private readonly registry: RegistryReader,
    private readonly shelf: ContractShelf,
  ) {}

  @Put(':name')
  @Needs('tools:write')
  @Takes(ToolRequest)
  @Answers(ToolRequest, {
    says: 'Registers a contract. A version that was used stands for one contract for ever.',
    path: ['name'],
  })
  async register(
    @From() caller: Caller,
    @Param('name') name: string,
    @JsonBody() body: JsonObject,
  ): Promise<JsonObject> {
    const problems = contractProblems(name, body);
    if (problems.length > 0) throw invalidRequest(problems);
    if (!(await this.store.register(caller.tenantId, body))) throw versionInUse(name, String(body.version));
    this.shelf.forget(caller.tenantId);
    return body;
  }

  @Get(':name')
  @Needs('tasks:read')
  @Answers(ToolRequest, {
    says: 'The contract registered last, or that of one version.',
    path: ['name'],
    query: ['version'],
  })
  async one(@From() caller: Caller, @Param('name') name: string, @Req() request: Request): Promise<JsonObject> {
    const version = textOf('version', request.query.version);
    const tool = isToolName(name) ? await this.registry.tool(caller.tenantId, name, version) : undefined;
    if (!tool) throw notFound(`tool ${name.slice(0, 128)}`);
    return JSON.parse(tool.document) as JsonObject;
  }

  @Get()
  @Needs('tasks:read')
  @Answers(ToolRequest, { says: 'The contracts registered last, by name.', isPage: true })
  async list(@From() caller: Caller, @InPages() page: PageRequest): Promise<Page<JsonObject>> {
    const { items, nextCursor } = await this.registry.toolPage(caller.tenantId, page);
    return { items: items.map((tool) => JSON.parse(tool.document) as JsonObject), nextCursor };
  }
}

const contractProblems = (name: string, body: JsonObject): Problem[] =>
  registrationProblems(ToolRequest, name, body, () => checkContract(body as unknown as ToolContract));
