import { createHash } from 'node:crypto';
import { Database, type NamedSql } from '@muster/persistence';
import { Injectable } from '@nestjs/common';

export interface ApiKey {
  readonly id: string;
  readonly tenant_id: string;
  readonly label: string;
  readonly scopes: readonly string[];
  readonly key_hash: Uint8Array;
}

const COLUMNS = 'id, tenant_id, label, scopes, key_hash';

const FIND_BY_HASH: NamedSql = {
  name: 'console.find-key-by-hash',
  text: `select ${COLUMNS} from api_key where key_hash = $1 and revoked_at is null`,
};
const FIND_BY_ID: NamedSql = {
  name: 'console.find-key-by-id',
  text: `select ${COLUMNS} from api_key where id = $1 and revoked_at is null`,
};

/** API keys that have not been revoked. Only their hashes are stored. */
@Injectable()
export class ApiKeyReader {
  constructor(private readonly database: Database) {}

  async byText(key: string): Promise<ApiKey | undefined> {
    const hash = createHash('sha256').update(key).digest();
    return (await this.database.query<ApiKey>(FIND_BY_HASH, [hash]))[0];
  }

  async byId(id: string): Promise<ApiKey | undefined> {
    return (await this.database.query<ApiKey>(FIND_BY_ID, [id]))[0];
  }
}
