import type { NamedSql } from './database';

const NOW_MS = '(extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms';

/** A worker exists from here on: nothing may be sent in the name of one without a row. */
export const REGISTER_WORKER: NamedSql = {
  name: 'worker.register',
  text: `insert into worker (id, service, pid, host, lanes, state, lock_key, leased_until)
    values ($1, $2, $3, $4, $5, 'starting', $6::bigint, now() + make_interval(secs => $7 / 1000.0))
    on conflict (id) do nothing
    returning ${NOW_MS}`,
};

/** One that was given up, or whose end was reported, never comes back under the same id: then no row is answered. */
export const RENEW_WORKER: NamedSql = {
  name: 'worker.renew',
  text: `update worker set leased_until = now() + make_interval(secs => $2 / 1000.0),
      last_job_at = case when $3 then now() else last_job_at end
    where id = $1 and state <> 'dead' and given_up_at is null and ended_at is null
    returning ${NOW_MS}`,
};

export const MOVE_WORKER: NamedSql = {
  name: 'worker.move',
  text: `update worker set state = $2 where id = $1 and state <> 'dead' and state <> $2
      and ($2 <> 'ready' or state = 'starting')`,
};

/** The end a worker tells itself, when nothing of it is in flight any more. */
export const END_WORKER: NamedSql = {
  name: 'worker.end',
  text: `update worker set state = 'dead', ended_at = coalesce(ended_at, now()), end_kind = coalesce(end_kind, 'exit'),
      leased_until = least(leased_until, now())
    where id = $1`,
};

/** The end a parent saw: it waited for the child, so that no thread of it runs and its sockets are closed. */
export const END_OF_WORKERS: NamedSql = {
  name: 'worker.report-end',
  text: `update worker set state = 'dead', ended_at = now(), end_kind = 'report', leased_until = least(leased_until, now())
    where id = any($1::uuid[]) and ended_at is null`,
};

/** Workers of a host whose end nobody saw. */
export const OPEN_WORKERS: NamedSql = {
  name: 'worker.open',
  text: 'select id, pid from worker where host = $1 and ended_at is null',
};
