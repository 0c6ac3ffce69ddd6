/** A sentence about the tables that always holds, as a query that returns the rows that break it: none. */
export interface Invariant {
  /** Stable and short; tests, the console and alerts name it. */
  readonly name: string;
  /** The promise in one sentence, true of every row. */
  readonly promise: string;
  /** The promises of docs/guarantees.md that rest on it. */
  readonly guarantees: readonly string[];
  /**
   * Answers a row for every breach. A query with `$1` speaks of what the running services mend by themselves: it gets
   * the time in milliseconds that they may take for it, and is left out where no service runs.
   */
  readonly sql: string;
}

/** Rows that break an invariant; only the first few, since one cause tends to break many. */
export interface Breach {
  readonly invariant: string;
  readonly promise: string;
  readonly rows: readonly Record<string, unknown>[];
}

/** The step's own node in the stored plan; null where the plan's text cannot be jsonb (U+0000), and is then not judged. */
export const STEP_DOCUMENT = `
  left join task_plan tp on tp.task_id = s.task_id and tp.revision = s.plan_revision
  left join lateral (
    select case when p.body !~ '\\\\u0000' then p.body::jsonb #> array['document', 'steps', s.plan_index::text] end as node,
           case when p.body !~ '\\\\u0000' then p.body::jsonb #> '{document,steps}' end as nodes
      from plan p where p.hash = tp.plan_hash
  ) document on true`;

/** Whether the step has left the plan that its task goes by now, as `active.retired`. */
export const ACTIVE_PLAN = `
  left join lateral (
    select coalesce(case when p.body !~ '\\\\u0000' then p.body::jsonb -> 'retired' @> to_jsonb(s.plan_index) end, false) as retired,
           case when p.body !~ '\\\\u0000' then p.body::jsonb #> array['document', 'steps', s.plan_index::text] end as node
      from task_plan a join plan p on p.hash = a.plan_hash where a.task_id = s.task_id and a.active and a.revision >= s.plan_revision
  ) active on true`;

/** Step states after which nothing more happens to the step in its plan. */
export const STEP_ENDED = `('succeeded', 'failed', 'skipped', 'cancelled', 'compensated')`;
export const TASK_ENDED = `('completed', 'failed', 'cancelled')`;

/** Anything that runs a text of SQL: a pg pool, a client. */
export interface SqlRunner {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

const NEVER_LEFT = [
  'aborted_before_send',
  'timeout_before_send',
  'lease_stale',
  'dns_failure',
  'connection_refused',
  'unreachable',
  'connect_timeout',
  'connect_failure',
  'tls_failure',
  'program_not_started',
  'mcp_server_away',
  'mcp_session_lost',
  'function_unknown',
];
/** A function's own word, which no contract lists. */
const SAID_NOT_DONE = 'function_not_done';

/**
 * Of a sending `s` under a contract `c`: its own sender could say that nothing was done, since it never left or since the
 * tool's answer says so or is listed as such. Any other sending may have happened, whatever was concluded of it later.
 */
export const SURELY_NOT_DONE = `
  (s.outcome = 'absent' and (
    coalesce(s.code, '') in (${[...NEVER_LEFT, SAID_NOT_DONE].map((code) => `'${code}'`).join(', ')})
    or case when c.document ~ '\\\\u0000' then true
       else coalesce(s.code, '') in (
         select 'http_' || status
           from jsonb_array_elements_text(coalesce(c.document::jsonb #> '{definite,notDone}', '[]')) as listed(status)) end))`;
