import { Clock } from '@muster/chassis';
import type { CompiledPlan } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { invalidRequest } from '../problems/problem';
import type { OpenedTask } from '../skills/skill.shelf';
import { ContractShelf } from './contract.shelf';
import { PlanCompiler } from './plan.compiler';
import { judgeOpened, type TaskVerdict } from './task.draft';

/** Holds a task to every rule, with the contracts that its tenant's names stand for now. */
@Injectable()
export class PlanJudge {
  constructor(
    private readonly shelf: ContractShelf,
    private readonly compiler: PlanCompiler,
    private readonly clock: Clock,
  ) {}

  /** Throws the problem that refuses it. */
  async judged(tenantId: string, opened: OpenedTask): Promise<CompiledPlan> {
    const first = await this.judge(tenantId, opened);
    if (first.ok) return first.plan;
    const isNameUnknown = first.problems.some(({ code }) => code === 'unknown_tool' || code === 'unknown_agent');
    if (!isNameUnknown) throw invalidRequest(first.problems);
    // What another coordinator registered a moment ago may not be on the shelf yet: that is worth a second look.
    this.forget(tenantId);
    const again = await this.judge(tenantId, opened);
    if (again.ok) return again.plan;
    throw invalidRequest(again.problems);
  }

  /** A contract was replaced: the next look reads anew what the names stand for. */
  forget(tenantId: string): void {
    this.shelf.forget(tenantId);
  }

  private async judge(tenantId: string, opened: OpenedTask): Promise<TaskVerdict> {
    return judgeOpened(opened, await this.shelf.of(tenantId), this.compiler, this.clock.now());
  }
}
