import {
  type AgentContract,
  APPROVAL,
  APPROVAL_CONTRACT,
  type CompiledPlan,
  type ContractPins,
  type JsonObject,
  PLANNER,
  plannerContract,
  type ToolContract,
} from '@muster/domain';
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
  async markUsed(tenantId: string, { body }: Pick<CompiledPlan, 'body'>): Promise<boolean> {
    const { [PLANNER]: planner, ...agents } = body.agents ?? {};
    const { [APPROVAL]: approval, ...tools } = body.pins;
    // Nobody registered these: they are kept where the plans that name them will look for them. A plan that a model is
    // still to make may ask for approvals as well.
    if (planner) await this.keep(plannerContract(this.compiler.plannerModel!));
    if (planner || approval) await this.keep(APPROVAL_CONTRACT);
    return (
      (await this.store.markUsed(tenantId, hashesOf(tools))) &&
      (await this.store.markUsed(tenantId, hashesOf(agents), 'agent'))
    );
  }

  private async keep(contract: ToolContract | AgentContract): Promise<void> {
    await this.store.keep(contract as unknown as JsonObject);
  }
}

const hashesOf = (pins: ContractPins = {}): string[] => Object.values(pins).map(({ hash }) => hash);
