import { Clock } from '@muster/chassis';
import type { PlanCheckView } from '@muster/contracts';
import { checkPlan, type JsonObject, type PlanDocument, type Problem } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { HttpProblem } from '../problems/problem';
import type { OpenedBody } from '../skills/opened-body';
import { TaskSkills } from '../skills/task.skills';
import { ContractShelf, type Contracts } from '../submission/contract.shelf';
import { PlanCompiler, type PlanRequestParts } from '../submission/plan.compiler';
import { judgeOpened } from '../submission/task.draft';
import { isReadable, taskProblems } from '../submission/task-rules';

/** Says what would become of a task, and lets nothing become of it. */
@Injectable()
export class PlanCheckDesk {
  constructor(
    private readonly shelf: ContractShelf,
    private readonly compiler: PlanCompiler,
    private readonly skills: TaskSkills,
    private readonly clock: Clock,
  ) {}

  async check(tenantId: string, sent: JsonObject): Promise<PlanCheckView> {
    const contracts = await this.shelf.of(tenantId);
    const opened = await this.skills.open(tenantId, sent);
    const { body } = opened;
    const problems = [...this.problemsOf(opened, contracts)];
    if (!isReadable(body, taskProblems(body, this.clock.now()))) return { ...NOTHING_TO_SHOW, problems };
    const parts = body as unknown as PlanRequestParts;
    const options = this.compiler.optionsFor(parts, contracts);
    const seen = checkPlan(parts.plan as unknown as PlanDocument, contracts.tools, options);
    const shown = seen as unknown as Omit<PlanCheckView, 'problems'>;
    return { effects: shown.effects, permits: shown.permits, budget: shown.budget, mermaid: shown.mermaid, problems };
  }

  private problemsOf(opened: OpenedBody, contracts: Contracts): readonly Problem[] {
    try {
      const verdict = judgeOpened(opened, contracts, this.compiler, this.clock.now());
      return verdict.ok ? [] : verdict.problems;
    } catch (error) {
      if (error instanceof HttpProblem && error.errors) return error.errors;
      throw error;
    }
  }
}

const NOTHING_TO_SHOW = { effects: [], permits: [], budget: {}, mermaid: 'flowchart TD' };
