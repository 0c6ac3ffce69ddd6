import {
  ExplanationReader,
  HistoryReader,
  OperationReader,
  PermitReader,
  RegistryReader,
  SkillReader,
  StepReader,
  TaskReader,
  VerificationReader,
} from '@muster/persistence';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeyGuard } from './access/api-key.guard';
import { RateLimiter } from './access/rate-limiter';
import { AgentsController } from './agents/agents.controller';
import { Routes } from './docs/routes';
import { Doctor } from './doctor/doctor';
import { DoctorController } from './doctor/doctor.controller';
import { InvariantCheck } from './doctor/invariant.check';
import { OperationsController } from './operations/operations.controller';
import { PermitsController } from './permits/permits.controller';
import { PlanCheckDesk } from './plans/plan-check.desk';
import { PlanRevisionDesk } from './plans/plan-revision.desk';
import { PlansController } from './plans/plans.controller';
import { TaskPlanController } from './plans/task-plan.controller';
import { RegistryController } from './registry/registry.controller';
import { SkillShelf } from './skills/skill.shelf';
import { SkillStore } from './skills/skill.store';
import { SkillsController } from './skills/skills.controller';
import { TaskSkills } from './skills/task.skills';
import { ContractShelf } from './submission/contract.shelf';
import { PinnedContracts } from './submission/pinned.contracts';
import { PlanCompiler } from './submission/plan.compiler';
import { PlanJudge } from './submission/plan.judge';
import { StandingContracts } from './submission/standing.contracts';
import { TaskBatch } from './submission/task.batch';
import { TaskIntake } from './submission/task.intake';
import { TaskWatch } from './tasks/task.watch';
import { TaskHistoryController } from './tasks/task-history.controller';
import { TaskPartsController } from './tasks/task-parts.controller';
import { TasksController } from './tasks/tasks.controller';
import { Watchers } from './tasks/watchers';
import { ToolStore } from './tools/tool.store';
import { ToolsController } from './tools/tools.controller';
import { VerificationController } from './verification/verification.controller';

const READERS = [
  TaskReader,
  StepReader,
  OperationReader,
  PermitReader,
  HistoryReader,
  ExplanationReader,
  RegistryReader,
  SkillReader,
  VerificationReader,
];
const SUBMISSION = [
  ContractShelf,
  PlanCompiler,
  PlanJudge,
  PinnedContracts,
  StandingContracts,
  TaskIntake,
  TaskBatch,
  PlanCheckDesk,
  PlanRevisionDesk,
  ToolStore,
];
const SKILLS = [SkillShelf, SkillStore, TaskSkills];
const ACCESS = [RateLimiter, { provide: APP_GUARD, useClass: ApiKeyGuard }];

/** The HTTP door: whoever imports it provides `Lifecycle`, globally. */
@Module({
  controllers: [
    TasksController,
    TaskPartsController,
    TaskHistoryController,
    OperationsController,
    PermitsController,
    PlansController,
    TaskPlanController,
    ToolsController,
    SkillsController,
    AgentsController,
    RegistryController,
    DoctorController,
    VerificationController,
  ],
  providers: [...READERS, ...SUBMISSION, ...SKILLS, ...ACCESS, Routes, TaskWatch, Watchers, Doctor, InvariantCheck],
  exports: [TaskIntake],
})
export class HttpModule {}
