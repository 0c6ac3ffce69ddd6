import { shapeProblems, ToolRequest, UNKNOWN_FIELD } from '@muster/contracts';
import { checkContract, isToolName, type JsonObject, type Problem, type ToolContract } from '@muster/domain';
import { type Page, type PageRequest, RegistryReader } from '@muster/persistence';
import { Controller, Get, Param, Put, Req } from '@nestjs/common';
import type { Request } from 'express';
import { type Caller, From, Needs } from '../access/caller';
import { JsonBody } from '../body/json-body';
import { Answers, Takes } from '../docs/describe';
import { HttpProblem, invalidRequest, notFound } from '../problems/problem';
import { InPages, textOf } from '../query';
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

function contractProblems(name: string, body: JsonObject): Problem[] {
  const problems = shapeProblems(ToolRequest, body);
  if (typeof body.name === 'string' && body.name !== name) {
    const message = `The contract is named '${body.name.slice(0, 128)}', its address '${name.slice(0, 128)}'.`;
    problems.push({ pointer: '/name', code: 'other_name', message });
  }
  return problems.length > 0 ? withRules(problems, body) : checkContract(body as unknown as ToolContract);
}

// The rules of contracts can be asked only of what has its shape, unknown fields aside.
function withRules(problems: Problem[], body: JsonObject): Problem[] {
  const isReadable = problems.every(({ code }) => code === UNKNOWN_FIELD || code === 'other_name');
  return isReadable ? [...problems, ...checkContract(body as unknown as ToolContract)] : problems;
}

function versionInUse(name: string, version: string): HttpProblem {
  const message = `Version '${version}' of '${name}' is in use and stands for another contract.`;
  return new HttpProblem(409, 'version_in_use', `${message} Register the changed one under a new version.`, {
    errors: [{ pointer: '/version', code: 'version_in_use', message }],
  });
}
