import { type CompiledPlan, type ContractPins, type JsonObject, PLANNER, plannerContract } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { ToolStore } from '../tools/tool.store';
import { PlanCompiler } from './plan.compiler';

/** The contracts that accepted plans pin: from then on their versions stand for them for ever. */
@Injectable()
export class PinnedContracts {
  constructor(
    private readonly store: ToolStore,
    private readonly compiler: PlanCompiler,
  ) {}

  /** False where one of them was replaced since it was looked at. */
  async markUsed(tenantId: string, { body }: CompiledPlan): Promise<boolean> {
    const { [PLANNER]: planner, ...agents } = body.agents ?? {};
    // Nobody registered the planner: it is kept where the plan that names it will look for it.
    if (planner)
      await this.store.keep(planner.hash, plannerContract(this.compiler.plannerModel!) as unknown as JsonObject);
    return (
      (await this.store.markUsed(tenantId, hashesOf(body.pins))) &&
      (await this.store.markUsed(tenantId, hashesOf(agents), 'agent'))
    );
  }
}

const hashesOf = (pins: ContractPins = {}): string[] => Object.values(pins).map(({ hash }) => hash);
