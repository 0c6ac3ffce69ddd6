import type { NamedSql } from '@muster/persistence';

export const INSERT_KEY: NamedSql = {
  name: 'intake.insert-key',
  text: 'insert into intake_key (id, tenant_id, label, secret) values ($1, $2, $3, $4) returning created_at',
};

/** The revoked ones among them: their messages are somebody's, though they count for nothing by themselves. */
export const FIND_KEY: NamedSql = {
  name: 'intake.find-key',
  text: 'select id, tenant_id, secret, revoked_at from intake_key where id = $1',
};

/** Invariant: a key that was revoked stays revoked, since the first time. */
export const REVOKE_KEY: NamedSql = {
  name: 'intake.revoke-key',
  text: `
update intake_key set revoked_at = coalesce(revoked_at, now()) where id = $1 and tenant_id = $2
returning id, label, created_at, revoked_at`,
};

export const KEY_PAGE: NamedSql = {
  name: 'intake.key-page',
  text: `select id, label, created_at, revoked_at from intake_key
    where tenant_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
};

/** Invariant: one letter for one message, however often it is delivered; what a redrive made of it is never lost. */
export const KEEP_LETTER: NamedSql = {
  name: 'intake.keep-letter',
  text: `
insert into intake_refusal as r (id, tenant_id, key_id, job_id, job_name, fingerprint, body, problem)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (fingerprint) do update set times = r.times + 1, problem = excluded.problem`,
};

/** Invariant: of letters that nobody's key signed no more than $1 stand here for long. */
export const DROP_UNSIGNED: NamedSql = {
  name: 'intake.drop-unsigned',
  text: `
delete from intake_refusal where id in (
  select id from intake_refusal where tenant_id is null order by id desc offset $1 limit 1000)`,
};

export const LETTER_PAGE: NamedSql = {
  name: 'intake.letter-page',
  text: `select id, key_id, job_id, job_name, received_at, times, problem, redriven_at, task_id from intake_refusal
    where tenant_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
};

export const FIND_LETTER: NamedSql = {
  name: 'intake.find-letter',
  text: `select id, key_id, job_id, job_name, received_at, times, problem, redriven_at, task_id, body
    from intake_refusal where id = $1 and tenant_id = $2`,
};

/** Invariant: the first task that a redrive made stays the letter's. */
export const MARK_REDRIVEN: NamedSql = {
  name: 'intake.mark-redriven',
  text: 'update intake_refusal set redriven_at = now(), task_id = $2 where id = $1 and redriven_at is null',
};

export const REFUSE_AGAIN: NamedSql = {
  name: 'intake.refuse-again',
  text: 'update intake_refusal set problem = $2 where id = $1 and redriven_at is null',
};

/** The task that this very request made before, if it did. */
export const TASK_OF_REQUEST: NamedSql = {
  name: 'intake.task-of-request',
  text: 'select id from task where tenant_id = $1 and idempotency_key = $2 and body_hash = $3',
};
