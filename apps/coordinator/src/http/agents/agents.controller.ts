import { AgentRequest } from '@muster/contracts';
import { type AgentContract, checkAgent, isToolName, type JsonObject } from '@muster/domain';
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
import { ToolStore } from '../tools/tool.store';

@Controller('v1/agents')
export class AgentsController {
  constructor(
    private readonly store: ToolStore,
    private readonly registry: RegistryReader,
    private readonly shelf: ContractShelf,
  ) {}

  @Put(':name')
  @Needs('tools:write')
  @Takes(AgentRequest)
  @Answers(AgentRequest, {
    says: 'Registers an agent. A version that was used stands for one contract for ever.',
    path: ['name'],
  })
  async register(
    @From() caller: Caller,
    @Param('name') name: string,
    @JsonBody() body: JsonObject,
  ): Promise<JsonObject> {
    // What it names may have been registered a moment ago.
    this.shelf.forget(caller.tenantId);
    const { tools, agents } = await this.shelf.of(caller.tenantId);
    const around = { tools: tools.keys(), agents: agents.keys() };
    const rules = () => checkAgent(body as unknown as AgentContract, around);
    const problems = registrationProblems(AgentRequest, name, body, rules);
    if (problems.length > 0) throw invalidRequest(problems);
    const isFree = await this.store.register(caller.tenantId, body, 'agent');
    if (!isFree) throw versionInUse(name, String(body.version));
    this.shelf.forget(caller.tenantId);
    return body;
  }

  @Get(':name')
  @Needs('tasks:read')
  @Answers(AgentRequest, {
    says: 'The agent registered last, or that of one version.',
    path: ['name'],
    query: ['version'],
  })
  async one(@From() caller: Caller, @Param('name') name: string, @Req() request: Request): Promise<JsonObject> {
    const version = textOf('version', request.query.version);
    const agent = isToolName(name) ? await this.registry.agent(caller.tenantId, name, version) : undefined;
    if (!agent) throw notFound(`agent ${name.slice(0, 128)}`);
    return JSON.parse(agent.document) as JsonObject;
  }

  @Get()
  @Needs('tasks:read')
  @Answers(AgentRequest, { says: 'The agents registered last, by name.', isPage: true })
  async list(@From() caller: Caller, @InPages() page: PageRequest): Promise<Page<JsonObject>> {
    const { items, nextCursor } = await this.registry.agentPage(caller.tenantId, page);
    return { items: items.map((agent) => JSON.parse(agent.document) as JsonObject), nextCursor };
  }
}
