import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newUuid } from '@muster/domain';
import type { Database, NamedSql } from '@muster/persistence';

const SCOPES = ['tasks:write', 'tasks:read', 'tools:write', 'permits:decide', 'operate'];

const REGISTER_KEY: NamedSql = {
  name: 'supervisor.register-key',
  text: `insert into api_key (id, tenant_id, label, key_hash, scopes, rate_limited) values ($1, 'default', 'development', $2, $3, false)
    on conflict (key_hash) do nothing`,
};

/** The key of this data folder, made at the first start. It stands there in clear text: it is for one's own machine. */
export async function developmentKey(folder: string, database: Database): Promise<string> {
  const file = join(folder, 'development.key');
  if (!existsSync(file)) writeFileSync(file, `muster_dev_${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  const key = readFileSync(file, 'utf8').trim();
  await database.query(REGISTER_KEY, [newUuid(), createHash('sha256').update(key).digest(), SCOPES]);
  return key;
}
