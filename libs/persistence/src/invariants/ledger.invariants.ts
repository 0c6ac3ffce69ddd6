import { APPROVAL, LIMITS } from '@muster/domain';
import { type Invariant, SURELY_NOT_DONE } from './invariant';

/** The ledger: what was sent, what came back, and that nothing was sent that should not have been. */
export const LEDGER_INVARIANTS: readonly Invariant[] = [
  {
    name: 'settled-operation-has-an-answer',
    promise: 'A succeeded operation has a response hash, and a settled one says who settled it and when.',
    guarantees: ['G5', 'G15'],
    sql: `
      select id, state from operation
       where (state = 'succeeded' and response_hash is null)
          or (state in ('succeeded', 'failed') and (resolver is null or settled_at is null))`,
  },
  {
    name: 'recorded-bytes-match-their-hash',
    promise: 'The request that an operation keeps is the one that its hash names.',
    guarantees: ['G5', 'G13'],
    sql: 'select id from operation where sha256(request) <> request_hash',
  },
  {
    name: 'every-sending-carries-the-same-bytes',
    promise: 'All sendings of an operation carry the same bytes.',
    guarantees: ['G5'],
    sql: `
      select s.operation_id, s.sending from sending s join operation o on o.id = s.operation_id
       where s.request_hash <> o.request_hash`,
  },
  {
    name: 'one-operation-per-call',
    promise: 'A step has one operation for each of its calls, and the first bears the id derived for the step.',
    guarantees: ['G4', 'G5'],
    sql: `
      select step_id, call, count(*) from operation group by step_id, call having count(*) > 1
      union all
      select o.step_id, o.call, 1 from operation o join step s on s.id = o.step_id
       where o.call = 0 and o.id <> s.operation_id`,
  },
  {
    name: 'every-operation-has-its-step',
    promise: 'An operation belongs to a step of its task, under the step’s own key.',
    guarantees: ['G5'],
    sql: `
      select o.id, o.step_id from operation o left join step s on s.id = o.step_id
       where s.id is null or s.task_id <> o.task_id or s.key <> o.step_key`,
  },
  {
    name: 'epoch-is-claimed-once',
    promise: 'A dispatch is claimed at most once, and epochs rise from sending to sending.',
    guarantees: ['G4'],
    sql: `
      with claims as (
        select operation_id, sending, epoch from sending where not late
        union all select id, sending, epoch from operation
      )
      select operation_id, sending, epoch from (
        select *, lag(epoch) over (partition by operation_id order by sending) as earlier from (
          select distinct operation_id, sending, epoch from claims) distinct_claims
      ) ordered where epoch <= earlier
      union all
      select o.id, o.sending, o.epoch from operation o join step s on s.id = o.step_id where o.epoch > s.epoch`,
  },
  {
    name: 'earlier-sendings-are-kept',
    promise: 'Before sending n is intended, sendings 1 to n-1 are kept.',
    guarantees: ['G5', 'G15'],
    sql: `
      select o.id, o.sending, count(distinct s.sending) as kept
        from operation o left join sending s on s.operation_id = o.id and s.sending < o.sending and not s.late
       where o.sending > 1 group by o.id having count(distinct s.sending) <> o.sending - 1`,
  },
  {
    name: 'opaque-is-never-sent-blindly',
    promise: 'An opaque operation that may have happened was sent again only after a release.',
    guarantees: ['G5'],
    sql: `
      select o.id, o.sending, o.releases
        from operation o
        join sending s on s.operation_id = o.id and s.sending < o.sending and not s.late
        join contract c on c.hash = o.contract_hash
       where o.effect = 'opaque' and not ${SURELY_NOT_DONE}
       group by o.id having count(*) > o.releases`,
  },
  {
    name: 'probed-is-resent-on-proof-only',
    promise:
      'A probed operation of unknown fate was sent again only after a probe begun late enough, or a person’s word.',
    guarantees: ['G5'],
    sql: `
      with resent as (
        select s.operation_id, s.sending, coalesce(s.ended_at, w.ended_at) as ended_at,
               coalesce(n.sent_at, o.sent_at) as resent_at,
               case when c.document !~ '\\\\u0000' then (c.document::jsonb #>> '{probe,absentAfterMs}')::bigint end as absent_after_ms
          from sending s
          join operation o on o.id = s.operation_id and s.sending < o.sending
          join contract c on c.hash = o.contract_hash
          left join worker w on w.id = s.worker_id
          left join sending n on n.operation_id = s.operation_id and n.sending = s.sending + 1 and not n.late
         where o.effect = 'probed' and not s.late and not ${SURELY_NOT_DONE}
      )
      select r.operation_id, r.sending from resent r
       where not exists (
         select from evidence e
          where e.operation_id = r.operation_id and e.finding = 'absent' and e.began_at <= r.resent_at
            and (e.kind = 'resolution'
              or (e.kind = 'probe' and e.began_at >= r.ended_at + r.absent_after_ms * interval '1 millisecond')))`,
  },
  {
    name: 'keyed-is-resent-inside-its-window',
    promise:
      'A keyed operation of unknown fate was sent again only while its tool recognised it, or on a person’s word.',
    guarantees: ['G5'],
    sql: `
      with resent as (
        select s.operation_id, s.sending, coalesce(n.sent_at, o.sent_at) as resent_at, o.first_sent_at,
               case when c.document !~ '\\\\u0000' then (c.document::jsonb ->> 'dedupeWindowMs')::bigint end as window_ms
          from sending s
          join operation o on o.id = s.operation_id and s.sending < o.sending
          join contract c on c.hash = o.contract_hash
          left join sending n on n.operation_id = s.operation_id and n.sending = s.sending + 1 and not n.late
         where o.effect = 'keyed' and not s.late and not ${SURELY_NOT_DONE}
      )
      select r.operation_id, r.sending from resent r
       where r.resent_at > r.first_sent_at + r.window_ms * interval '1 millisecond'
         and not exists (
           select from evidence e
            where e.operation_id = r.operation_id and e.kind = 'resolution' and e.finding = 'absent'
              and e.began_at <= r.resent_at)`,
  },
  {
    name: 'quarantine-counts-lost-workers',
    promise: 'A step is quarantined only after three of its sendings lost their worker.',
    guarantees: ['G10'],
    sql: `
      select s.id, s.key, count(lost.code) as lost
        from step s
        left join lateral (
          select o.code from operation o where o.id = s.operation_id and o.code = 'worker_lost'
          union all
          select x.code from sending x where x.operation_id = s.operation_id and x.code = 'worker_lost' and not x.late
        ) lost on true
       where s.state = 'parked' and s.condition::json ->> 'reason' = 'quarantined'
       group by s.id having count(lost.code) < ${LIMITS.WORKER_LOSSES_MAX}`,
  },
  {
    name: 'calls-are-counted',
    promise: 'A task counts at least as many calls as were sent for it, and no more than its budget allows.',
    guarantees: ['G11'],
    sql: `
      with sent as (
        select o.task_id, sum(o.sending) filter (where s.kind = 'tool' and s.tool <> '${APPROVAL}') as tool_calls,
               sum(o.sending) filter (where s.kind = 'model') as model_calls
          from operation o join step s on s.id = o.step_id group by o.task_id
      )
      select t.id, t.tool_calls, t.model_calls from task t join sent on sent.task_id = t.id
       where sent.tool_calls > t.tool_calls or sent.model_calls > t.model_calls
      union all
      select t.id, t.tool_calls, t.model_calls from task t
       where t.tool_calls > (t.budget::json ->> 'toolCalls')::bigint or t.model_calls > (t.budget::json ->> 'modelCalls')::bigint`,
  },
  {
    name: 'permit-releases-one-exact-operation',
    promise:
      'An operation that needs a permit was first sent with one that a person gave for its very bytes, in time, and not whoever asked for it.',
    guarantees: ['G13'],
    sql: `
      select o.id, o.permit_id from operation o join step s on s.id = o.step_id
       where s.permit and o.permit_id is null
      union all
      select o.id, o.permit_id from operation o join permit p on p.id = o.permit_id join task t on t.id = o.task_id
       where p.state <> 'granted' or p.operation_id <> o.id or p.request_hash <> o.request_hash
          or o.first_sent_at > p.expires_at or o.first_sent_at < p.decided_at or p.decided_by = t.api_key_id`,
  },
  {
    name: 'nothing-is-sent-after-a-withdrawal',
    promise: 'No operation carries a fence at or past the withdrawal of its task.',
    guarantees: ['G12'],
    sql: `
      select o.id, o.fence, t.fence as withdrawn_at_fence from operation o join task t on t.id = o.task_id
       where t.withdrawal is not null and o.fence >= t.fence
      union all
      select s.operation_id, s.fence, t.fence from sending s join task t on t.id = s.task_id
       where t.withdrawal is not null and s.fence >= t.fence`,
  },
  {
    name: 'only-granted-tools-are-called',
    promise: 'Every tool that was called had been granted to the task, at the contract hash that the step pins.',
    guarantees: ['G16'],
    sql: `
      select o.id, o.tool, o.contract_hash from operation o join step s on s.id = o.step_id join task t on t.id = o.task_id
       where o.contract_hash <> s.contract_hash or o.tool <> s.tool or o.contract_hash <> all (t.granted_hashes)`,
  },
  {
    name: 'failed-beyond-doubt',
    promise: 'An operation failed only where every other sending is known not to have been done.',
    guarantees: ['G5'],
    sql: `
      select o.id from operation o
       where o.state = 'failed'
         and (o.doubt > 0 or exists (select from sending s where s.operation_id = o.id and s.outcome = 'succeeded'))`,
  },
  {
    name: 'artifact-is-what-its-hash-names',
    promise: 'An artifact’s bytes have the hash and the size under which it is stored.',
    guarantees: ['G15'],
    sql: `
      select tenant_id, hash from artifact
       where encode(sha256(content), 'hex') <> hash or octet_length(content) <> size`,
  },
  {
    name: 'lost-sendings-are-concluded',
    promise: 'A sending whose worker was given up does not stay sent.',
    guarantees: ['G3', 'G10'],
    sql: `
      select o.id, o.worker_id from operation o join worker w on w.id = o.worker_id
       where o.state = 'sent' and w.given_up_at < now() - $1 * interval '1 millisecond'`,
  },
];
