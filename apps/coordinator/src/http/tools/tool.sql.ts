import type { NamedSql } from '@muster/persistence';

/**
 * Invariant: what a version of a tool stands for never changes once a plan was accepted on it. Answers a row where the
 * contract stands now; none where the version is used and stands for another one.
 */
export const REGISTER_TOOL: NamedSql = {
  name: 'tool.register',
  text: `
with document as (
  insert into contract (hash, document) values ($4, $5) on conflict (hash) do nothing
)
insert into tool as t (tenant_id, name, version, contract_hash) values ($1, $2, $3, $4)
on conflict (tenant_id, name, version) do update set
  contract_hash = excluded.contract_hash,
  registered_at = case when t.contract_hash = excluded.contract_hash then t.registered_at else now() end
where t.contract_hash = excluded.contract_hash or t.first_used_at is null
returning contract_hash`,
};

/**
 * Marks the versions that stand for these contracts as used. Answers the hashes that are marked; one that is missing was
 * replaced in between, since a row lock makes this and the statement above wait for each other.
 */
export const MARK_TOOLS_USED: NamedSql = {
  name: 'tool.mark-used',
  text: `
with locked as materialized (
  select tenant_id, name, version from tool where tenant_id = $1 and contract_hash = any($2::text[])
  order by name, version for no key update
)
update tool t set first_used_at = coalesce(t.first_used_at, now())
from locked l
where t.tenant_id = l.tenant_id and t.name = l.name and t.version = l.version and t.contract_hash = any($2::text[])
returning t.contract_hash`,
};
