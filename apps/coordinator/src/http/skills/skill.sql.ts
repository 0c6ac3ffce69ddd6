import type { NamedSql } from '@muster/persistence';

/**
 * Invariant: what a version of a skill stands for never changes once a task was accepted on it. Answers a row where the
 * template stands now; none where the version is used and stands for another one.
 */
export const REGISTER_SKILL: NamedSql = {
  name: 'skill.register',
  text: `
insert into skill as s (tenant_id, name, version, hash, document) values ($1, $2, $3, $4, $5)
on conflict (tenant_id, name, version) do update set
  hash = excluded.hash,
  document = excluded.document,
  registered_at = case when s.hash = excluded.hash then s.registered_at else now() end
where s.hash = excluded.hash or s.first_used_at is null
returning hash`,
};

/** Marks the versions that stand for these templates as used; a hash that is missing from the answer was replaced in between. */
export const MARK_SKILLS_USED: NamedSql = {
  name: 'skill.mark-used',
  text: `
with locked as materialized (
  select tenant_id, name, version from skill where tenant_id = $1 and hash = any($2::text[])
  order by name, version for no key update
)
update skill s set first_used_at = coalesce(s.first_used_at, now())
from locked l
where s.tenant_id = l.tenant_id and s.name = l.name and s.version = l.version and s.hash = any($2::text[])
returning s.hash`,
};
