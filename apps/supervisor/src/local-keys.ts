import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newUuid } from '@muster/domain';
import type { Database, NamedSql } from '@muster/persistence';

const REGISTER_KEY: NamedSql = {
  name: 'supervisor.register-key',
  text: `insert into api_key (id, tenant_id, label, key_hash, scopes, rate_limited) values ($1, 'default', $4, $2, $3, false)
    on conflict (key_hash) do nothing`,
};

interface LocalKey {
  readonly label: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
}
const DEVELOPMENT: LocalKey = {
  label: 'development',
  prefix: 'muster_dev_',
  scopes: ['tasks:write', 'tasks:read', 'tools:write', 'permits:decide', 'operate'],
};
const APPROVER: LocalKey = { label: 'approver', prefix: 'muster_yes_', scopes: ['tasks:read', 'permits:decide'] };

/** The keys of this machine's own Muster. Nobody gives a permit for what was asked for under the same key: hence two. */
export interface LocalKeys {
  readonly key: string;
  readonly approverKey: string;
}

/** Made at the first start of a data folder. They stand there in clear text: they are for one's own machine. */
export async function localKeys(folder: string, database: Database): Promise<LocalKeys> {
  const key = await keptKey(folder, database, DEVELOPMENT);
  return { key, approverKey: await keptKey(folder, database, APPROVER) };
}

async function keptKey(folder: string, database: Database, { label, prefix, scopes }: LocalKey): Promise<string> {
  const file = join(folder, `${label}.key`);
  if (!existsSync(file)) writeFileSync(file, `${prefix}${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  const key = readFileSync(file, 'utf8').trim();
  await database.query(REGISTER_KEY, [newUuid(), createHash('sha256').update(key).digest(), scopes, label]);
  return key;
}
