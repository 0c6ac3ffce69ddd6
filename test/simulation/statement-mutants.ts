import type { Crossed } from './crossing';
import type { StatementPatch } from './patched-database';
import type { PlayName } from './plays';

/** A statement that is broken on purpose. */
export interface StatementMutant extends StatementPatch {
  readonly name: string;
  /** Statements that come to its rule, where random ones seldom do. */
  readonly play?: PlayName;
}

const ADVANCE = 'ledger.advance';
const COMMIT = 'lifecycle.commit';

/** Caught where Postgres answers otherwise than the store of the simulation, or leaves other rows. */
export const STATEMENT_MUTANTS: readonly StatementMutant[] = [
  {
    name: 'a claim without the fence of its epoch',
    statement: ADVANCE,
    from: `when s.state <> 'dispatched' or s.epoch <> c.epoch then 'stale'`,
    to: `when s.state <> 'dispatched' then 'stale'`,
  },
  {
    name: 'a claim that ignores needs',
    statement: ADVANCE,
    from: `when s.waiting_on = 0 then 'go'`,
    to: `when s.waiting_on >= 0 then 'go'`,
    play: 'a claim before its turn',
  },
  {
    name: 'an intent that does not see what its own statement settles',
    statement: ADVANCE,
    from: `exists (select 1 from settled d where d.step_id = s.after_step and d.state = 'succeeded' and d.output_valid)
        or `,
    to: '',
    play: 'a run that goes on',
  },
  {
    name: 'a definite answer to sending 2 that is taken for the fate of the operation',
    statement: ADVANCE,
    from: `and l.doubt > 0 then 'unknown'`,
    to: `and l.doubt < 0 then 'unknown'`,
    play: 'a definite answer to a second sending, the first one in doubt',
  },
  {
    name: 'a claim past a withdrawal',
    statement: ADVANCE,
    from: `when t.withdrawal is not null or t.state not in ('running', 'planning') then 'withdrawn'`,
    to: `when t.state not in ('running', 'planning') then 'withdrawn'`,
    play: 'a claim behind a cancel',
  },
  {
    name: 'a claim by a worker that was given up',
    statement: ADVANCE,
    from: `when not live.yes then 'worker_given_up'`,
    to: `when live.yes is null then 'worker_given_up'`,
  },
  {
    name: 'a claim of another contract than the plan has pinned',
    statement: ADVANCE,
    from: `when c.contract_hash <> s.contract_hash or not`,
    to: `when not`,
    play: 'a claim of another contract than the pinned one',
  },
  {
    name: 'a resend with other bytes',
    statement: ADVANCE,
    from: `when l.request_hash <> c.request_hash then 'request_changed'`,
    to: `when l.request_hash is null then 'request_changed'`,
    play: 'a resend with other bytes',
  },
  {
    name: 'a repeated claim that is granted after the window',
    statement: ADVANCE,
    from: `and not (l.doubt > 0 and c.effect = 'keyed'`,
    to: `and not (l.doubt < 0 and c.effect = 'keyed'`,
    play: 'a resend whose claim is repeated after the window',
  },
  {
    name: 'a claim that does without a permit',
    statement: ADVANCE,
    from: `when s.permit and l.permit_id is null`,
    to: `when not s.permit and l.permit_id is null`,
    play: 'a claim that needs a permit',
  },
  {
    name: 'a permit that releases other bytes',
    statement: ADVANCE,
    from: `and c_in.request_hash = p.request_hash`,
    to: '',
    play: 'a claim with a permit for other bytes',
  },
  {
    name: 'a permit that releases past its time',
    statement: ADVANCE,
    from: `and p.expires_at > now()`,
    to: '',
    play: 'a claim with a permit that is too late',
  },
  {
    name: 'a permit that is not consumed in the statement that sends',
    statement: ADVANCE,
    from: `now(), now(), j.permit_id`,
    to: `now(), now(), null`,
    play: 'a claim with a permit, and its resend',
  },
  {
    name: 'a permit that is open when its task has ended',
    statement: COMMIT,
    from: `where p.task_id = any(array(select id from won where closes)) and p.state = 'pending'`,
    to: `where p.task_id is null and p.state = 'pending'`,
    play: 'a cancel of a task that waits for a permit',
  },
  {
    name: 'an answer that comes late and is dropped',
    statement: ADVANCE,
    from: `where f.how = 'late' and`,
    to: `where f.how = 'dropped' and`,
  },
  {
    name: 'a sending that is not kept when the next one is intended',
    statement: ADVANCE,
    from: `from judged j join op_lock l on l.id = j.operation_id where j.verdict = 'go'`,
    to: `from judged j join op_lock l on l.id = j.operation_id where j.verdict = 'kept'`,
    play: 'a resend of a call in doubt',
  },
  {
    name: 'a doubt that a resend forgets',
    statement: ADVANCE,
    from: `case when j.last_state = 'unknown' and j.effect <> 'none' then 1 else 0 end`,
    to: `case when j.last_state = 'unknown' and j.effect <> 'none' then 0 else 0 end`,
    play: 'a resend of a call in doubt',
  },
  {
    name: 'a decision that overwrites what came after its load',
    statement: COMMIT,
    from: `and t_lock.revision = t_in.expected`,
    to: `and t_lock.revision >= t_in.expected`,
    play: 'a decision that a cancel overtook',
  },
  {
    name: 'a conclusion about an operation that has moved on',
    statement: COMMIT,
    from: `or o_lock.state <> o_in.from_state or o_lock.sending <> o_in.from_sending`,
    to: '',
    play: 'a conclusion that the answer overtook',
  },
  {
    name: 'an item that ends as it is made, without its end',
    statement: COMMIT,
    from: `s.finished_at
  from json_to_recordset`,
    to: `null::timestamptz
  from json_to_recordset`,
    play: 'a list that the budget has no room for, and a cancel of what is left',
  },
  {
    name: 'no sweep of what is past due',
    statement: 'sweep.due',
    from: `from step where due_at <= now()`,
    to: `from step where due_at <= '-infinity'`,
  },
  {
    name: 'a parked step whose late answer no sweep finds',
    statement: 'sweep.due',
    from: `(o.state <> 'unknown' or exists`,
    to: `(o.state is null or exists`,
    play: 'an answer to a parked call',
  },
  {
    name: 'calls in flight whose worker is gone, and no sweep finds them',
    statement: 'sweep.lost',
    from: `w.ended_at is not null or w.leased_until < now()`,
    to: `w.leased_until < '-infinity'`,
    play: 'a call whose sender is gone',
  },
  {
    name: 'an answer that nobody heard is not hurried',
    statement: 'sweep.hurry',
    from: `and o.epoch >= s.epoch and o.state = 'sent'`,
    to: `and o.epoch >= s.epoch`,
  },
];

/** Caught where a claim crosses another transaction: no single connection can see them. */
export const LOCK_MUTANTS: readonly (StatementMutant & { readonly crosses: Crossed })[] = [
  {
    name: 'a claim without the lock of its step',
    crosses: 'a decision',
    statement: ADVANCE,
    from: `s.id = any(array(select step_id from c_in)) order by s.id for no key update`,
    to: `s.id = any(array(select step_id from c_in)) order by s.id`,
  },
  {
    name: 'a cancel that a claim reads without locking its task',
    crosses: 'a cancel',
    statement: ADVANCE,
    from: `where t.id = any(array(select task_id from c_step)) order by t.id for key share`,
    to: `where t.id = any(array(select task_id from c_step)) order by t.id`,
  },
  {
    name: 'a cancel under a lock that a claim does not meet',
    crosses: 'a cancel',
    statement: 'lifecycle.commit-withdrawal',
    from: `order by t.id for update`,
    to: `order by t.id for no key update`,
  },
];
