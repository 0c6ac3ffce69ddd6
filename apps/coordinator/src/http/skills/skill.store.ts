import { canonicalJson, type JsonObject, sha256Hex } from '@muster/domain';
import { Database } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { MARK_SKILLS_USED, REGISTER_SKILL } from './skill.sql';

/** The only writer of skills. */
@Injectable()
export class SkillStore {
  constructor(private readonly database: Database) {}

  /** False where the version is in use and stands for another template. */
  async register(tenantId: string, skill: JsonObject): Promise<boolean> {
    const values = [tenantId, skill.name, skill.version, sha256Hex(canonicalJson(skill)), JSON.stringify(skill)];
    return (await this.database.query(REGISTER_SKILL, values)).length > 0;
  }

  /** From here on these templates cannot be replaced. False where one of them was, just before. */
  async markUsed(tenantId: string, hashes: readonly string[]): Promise<boolean> {
    if (hashes.length === 0) return true;
    const rows = await this.database.query<{ hash: string }>(MARK_SKILLS_USED, [tenantId, hashes]);
    const marked = new Set(rows.map(({ hash }) => hash));
    return hashes.every((hash) => marked.has(hash));
  }
}
