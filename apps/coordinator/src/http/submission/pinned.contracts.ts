import {
  APPROVAL,
  APPROVAL_CONTRACT,
  builtInContracts,
  type CompiledPlan,
  type ContractPins,
  type JsonObject,
} from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { ToolStore } from '../tools/tool.store';

/** The contracts that accepted plans pin: from then on their versions stand for them for ever. */
@Injectable()
export class PinnedContracts {
  constructor(private readonly store: ToolStore) {}

  /** False where one of them was replaced since it was looked at. */
  async markUsed(tenantId: string, { body, agents }: Pick<CompiledPlan, 'body' | 'agents'>): Promise<boolean> {
    const own = builtInContracts(agents.values());
    const { [APPROVAL]: approval, ...tools } = body.pins;
    // Nobody registered these: they are kept where the plans that name them will look for them. A plan that a model is
    // still to make may ask for approvals as well.
    for (const contract of own) await this.store.keep(contract);
    if (own.length > 0 || approval) await this.store.keep(APPROVAL_CONTRACT as unknown as JsonObject);
    const registered = Object.entries(body.agents ?? {}).filter(([name]) => !own.some((agent) => agent.name === name));
    return (
      (await this.store.markUsed(tenantId, hashesOf(tools))) &&
      (await this.store.markUsed(tenantId, hashesOf(Object.fromEntries(registered)), 'agent'))
    );
  }
}

const hashesOf = (pins: ContractPins = {}): string[] => Object.values(pins).map(({ hash }) => hash);
