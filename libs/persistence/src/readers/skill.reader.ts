import type { JsonObject, SkillContract } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { Database, type NamedSql } from '../database';
import { type Page, type PageRequest, pageOf, placeOf } from './paging';

export interface RegisteredSkill {
  readonly skill: SkillContract;
  readonly hash: string;
}

interface Row {
  readonly name: string;
  readonly hash: string;
  readonly document: string;
}

/** The version asked for, or the one registered last. */
const ONE: NamedSql = {
  name: 'read.skill',
  text: `select name, hash, document from skill where tenant_id = $1 and name = $2 and ($3::text is null or version = $3)
    order by registered_at desc, version desc limit 1`,
};

const PAGE: NamedSql = {
  name: 'read.skill-page',
  text: `select distinct on (name) name, hash, document from skill where tenant_id = $1 and name > $2
    order by name, registered_at desc, version desc limit $3`,
};

@Injectable()
export class SkillReader {
  constructor(private readonly database: Database) {}

  async one(tenantId: string, name: string, version?: string): Promise<RegisteredSkill | undefined> {
    const [row] = await this.database.query<Row>(ONE, [tenantId, name, version ?? null]);
    return row && { skill: JSON.parse(row.document) as SkillContract, hash: row.hash };
  }

  /** Of each name the version registered last. */
  async page(tenantId: string, { limit, cursor }: PageRequest): Promise<Page<JsonObject>> {
    const [after] = placeOf(cursor, ['']) ?? [''];
    const rows = await this.database.query<Row>(PAGE, [tenantId, after, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.name],
      (row) => JSON.parse(row.document) as JsonObject,
    );
  }
}
