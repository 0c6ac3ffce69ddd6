import type { NamedSql } from '@muster/persistence';

/** What is registered by name and version: tools and agents keep the same rules, each in a table of its own. */
export const REGISTRIES = ['tool', 'agent'] as const;
export type Registry = (typeof REGISTRIES)[number];

const forEach = (make: (table: Registry) => NamedSql): Readonly<Record<Registry, NamedSql>> => ({
  tool: make('tool'),
  agent: make('agent'),
});

/**
 * Invariant: what a version stands for never changes once a plan was accepted on it. Answers a row where the
 * contract stands now; none where the version is used and stands for another one.
 */
export const REGISTER = forEach((table) => ({
  name: `${table}.register`,
  text: `
with document as (
  insert into contract (hash, document) values ($4, $5) on conflict (hash) do nothing
)
insert into ${table} as t (tenant_id, name, version, contract_hash) values ($1, $2, $3, $4)
on conflict (tenant_id, name, version) do update set
  contract_hash = excluded.contract_hash,
  registered_at = case when t.contract_hash = excluded.contract_hash then t.registered_at else now() end
where t.contract_hash = excluded.contract_hash or t.first_used_at is null
returning contract_hash`,
}));

/**
 * Marks the versions that stand for these contracts as used. Answers the hashes that are marked; one that is missing was
 * replaced in between, since a row lock makes this and the statement above wait for each other.
 */
export const MARK_USED = forEach((table) => ({
  name: `${table}.mark-used`,
  text: `
with locked as materialized (
  select tenant_id, name, version from ${table} where tenant_id = $1 and contract_hash = any($2::text[])
  order by name, version for no key update
)
update ${table} t set first_used_at = coalesce(t.first_used_at, now())
from locked l
where t.tenant_id = l.tenant_id and t.name = l.name and t.version = l.version and t.contract_hash = any($2::text[])
returning t.contract_hash`,
}));

/** Contracts are content: a hash names one for ever. */
export const KEEP_CONTRACT: NamedSql = {
  name: 'contract.keep',
  text: 'insert into contract (hash, document) values ($1, $2) on conflict (hash) do nothing',
};
