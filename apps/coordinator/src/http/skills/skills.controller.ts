import { SkillRequest, shapeProblems } from '@muster/contracts';
import { checkSkill, compilePlan, isToolName, type JsonObject, type Problem, type SkillContract } from '@muster/domain';
import { type Page, type PageRequest, SkillReader } from '@muster/persistence';
import { Controller, Get, Param, Put, Req } from '@nestjs/common';
import type { Request } from 'express';
import { type Caller, From, Needs } from '../access/caller';
import { JsonBody } from '../body/json-body';
import { Answers, Takes } from '../docs/describe';
import { invalidRequest, notFound } from '../problems/problem';
import { InPages, textOf } from '../query';
import { otherName, versionInUse } from '../registry/registration';
import { ContractShelf } from '../submission/contract.shelf';
import { planProblems } from '../submission/task-rules';
import { openPlan } from './opened-body';
import { SkillShelf } from './skill.shelf';
import { SkillStore } from './skill.store';

/** Plan templates. Nothing runs one but a request that names it. */
@Controller('v1/skills')
export class SkillsController {
  constructor(
    private readonly store: SkillStore,
    private readonly reader: SkillReader,
    private readonly skills: SkillShelf,
    private readonly contracts: ContractShelf,
  ) {}

  @Put(':name')
  @Needs('tools:write')
  @Takes(SkillRequest)
  @Answers(SkillRequest, {
    says: 'Registers a plan template. A version that was used stands for one template for ever.',
    path: ['name'],
  })
  async register(
    @From() caller: Caller,
    @Param('name') name: string,
    @JsonBody() body: JsonObject,
  ): Promise<JsonObject> {
    const problems = await this.problemsOf(caller.tenantId, name, body);
    if (problems.length > 0) throw invalidRequest(problems);
    if (!(await this.store.register(caller.tenantId, body))) throw versionInUse(name, String(body.version));
    return body;
  }

  @Get(':name')
  @Needs('tasks:read')
  @Answers(SkillRequest, {
    says: 'The template registered last, or that of one version.',
    path: ['name'],
    query: ['version'],
  })
  async one(@From() caller: Caller, @Param('name') name: string, @Req() request: Request): Promise<JsonObject> {
    const version = textOf('version', request.query.version);
    const found = isToolName(name) ? await this.reader.one(caller.tenantId, name, version) : undefined;
    if (!found) throw notFound(`skill ${name.slice(0, 128)}`);
    return found.skill as unknown as JsonObject;
  }

  @Get()
  @Needs('tasks:read')
  @Answers(SkillRequest, { says: 'The templates registered last, by name.', isPage: true })
  async list(@From() caller: Caller, @InPages() page: PageRequest): Promise<Page<JsonObject>> {
    return this.reader.page(caller.tenantId, page);
  }

  /** A template is held to the rules of plans when it comes, and again, by what its names stand for then, with each use. */
  private async problemsOf(tenantId: string, name: string, body: JsonObject): Promise<readonly Problem[]> {
    const problems = [...shapeProblems(SkillRequest, body), ...otherName(name, body)];
    if (problems.length > 0) return problems;
    const skill = body as unknown as SkillContract;
    const found = [...checkSkill(skill), ...planProblems(body.plan)];
    if (found.length > 0) return found;
    const { skills } = await this.skills.under(tenantId, skill.plan);
    const opened = openPlan({ plan: body.plan! }, skills);
    if (opened.problems.length > 0) return opened.problems;
    const plan = opened.body.plan as unknown as SkillContract['plan'];
    const { tools, agents } = await this.contracts.of(tenantId);
    const verdict = compilePlan(plan, tools, { agents, inputSchema: skill.parameters });
    return verdict.ok ? [] : verdict.problems.map((problem) => opened.toSent(problem));
  }
}
