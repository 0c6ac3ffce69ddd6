import { canonicalJson, type JsonObject, sha256Hex } from '@muster/domain';
import { Database } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { DOOR_LIMITS } from '../door.limits';
import { KEEP_CONTRACT, MARK_USED, REGISTER, type Registry } from './tool.sql';

/** The only writer of tools, agents and contracts. */
@Injectable()
export class ToolStore {
  private readonly used = new Set<string>();
  private readonly kept = new Set<string>();

  constructor(private readonly database: Database) {}

  /** False where the version is in use and stands for another contract. */
  async register(tenantId: string, contract: JsonObject, registry: Registry = 'tool'): Promise<boolean> {
    const document = JSON.stringify(contract);
    const hash = sha256Hex(canonicalJson(contract));
    const values = [tenantId, contract.name, contract.version, hash, document];
    const rows = await this.database.query<{ contract_hash: string }>(REGISTER[registry], values);
    return rows.length > 0;
  }

  /** Keeps a contract that nobody registers. Its hash is that of its canonical JSON. */
  async keep(contract: JsonObject): Promise<void> {
    const hash = sha256Hex(canonicalJson(contract));
    if (this.kept.has(hash)) return;
    await this.database.query(KEEP_CONTRACT, [hash, JSON.stringify(contract)]);
    this.kept.add(hash);
  }

  /** From here on these contracts cannot be replaced. False where one of them was, just before. */
  async markUsed(tenantId: string, hashes: readonly string[], registry: Registry = 'tool'): Promise<boolean> {
    const unmarked = hashes.filter((hash) => !this.used.has(`${tenantId} ${hash}`));
    if (unmarked.length === 0) return true;
    const rows = await this.database.query<{ contract_hash: string }>(MARK_USED[registry], [tenantId, unmarked]);
    if (this.used.size > DOOR_LIMITS.CONTRACTS_KEPT_MAX) this.used.clear();
    const marked = new Set(rows.map((row) => row.contract_hash));
    for (const hash of marked) this.used.add(`${tenantId} ${hash}`);
    return unmarked.every((hash) => marked.has(hash));
  }
}
