import type { ToolContract } from '@muster/domain';
import { Database } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { Prober } from './probe/prober';
import type { Heard } from './step.verifier';
import { LOAD_CONTRACTS, LOAD_OPERATIONS } from './verdict.sql';

interface OperationRow {
  readonly id: string;
  readonly step_id: string;
  readonly task_id: string;
  readonly tenant_id: string;
  readonly contract_hash: string;
}

/** Asks what became of operations whose fate nobody knows. What the answer means is the coordinator's to decide. */
@Injectable()
export class OperationVerifier {
  constructor(
    private readonly database: Database,
    private readonly prober: Prober,
  ) {}

  /** One probe for each; operations that are settled, or whose contract has no probe, are passed over. */
  async probe(ids: readonly string[], heard: Heard): Promise<void> {
    const rows = await this.database.query<OperationRow>(LOAD_OPERATIONS, [ids]);
    const contracts = await this.contracts(rows.map((row) => row.contract_hash));
    await Promise.all(rows.map((row) => this.probeOne(row, contracts.get(row.contract_hash), heard)));
  }

  private async probeOne(row: OperationRow, contract: ToolContract | undefined, heard: Heard): Promise<void> {
    if (!contract?.probe) return;
    const subject = { operationId: row.id, stepId: row.step_id, taskId: row.task_id, tenantId: row.tenant_id };
    await this.prober.probe('probe', contract.probe, subject);
    // At once, so that a slow tool in the same message delays nobody else's answer.
    heard([row.step_id]);
  }

  private async contracts(hashes: readonly string[]): Promise<Map<string, ToolContract>> {
    const rows = await this.database.query<{ hash: string; document: string }>(LOAD_CONTRACTS, [[...new Set(hashes)]]);
    return new Map(rows.map((row) => [row.hash, JSON.parse(row.document) as ToolContract]));
  }
}
