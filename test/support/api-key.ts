import { createHash, randomBytes } from 'node:crypto';
import { newUuid } from '@muster/domain';
import type { Client, Pool } from 'pg';

const ALL_SCOPES = ['tasks:write', 'tasks:read', 'tools:write', 'permits:decide', 'operate'];

export interface KeyOptions {
  readonly tenant?: string;
  readonly scopes?: string[];
  readonly rateLimited?: boolean;
}

/** A new API key, written past the services: of the tenant `default`, with every scope, unless said otherwise. */
export async function newApiKey(
  sql: Client | Pool,
  { tenant = 'default', scopes = ALL_SCOPES, rateLimited = false }: KeyOptions = {},
): Promise<string> {
  const key = `key-${randomBytes(12).toString('hex')}`;
  const hash = createHash('sha256').update(key).digest();
  await sql.query('insert into tenant (id, name) values ($1, $1) on conflict do nothing', [tenant]);
  await sql.query(
    'insert into api_key (id, tenant_id, label, key_hash, scopes, rate_limited) values ($1, $2, $3, $4, $5, $6)',
    [newUuid(), tenant, 'test', hash, scopes, rateLimited],
  );
  return key;
}
