import { ACTIVE_PLAN, type Invariant, STEP_DOCUMENT, STEP_ENDED, TASK_ENDED } from './invariant';

/** Only a plan that has had another before it can have changed a step, and to read plans for each of their steps takes long. */
const STEPS_OF_REVISED = `(select * from step where task_id in (
        select task_id from task_plan group by task_id having count(*) > 1) offset 0)`;

/** Tasks and steps: that states agree with each other, with the plan and with the ledger. */
export const LIFECYCLE_INVARIANTS: readonly Invariant[] = [
  {
    name: 'success-rests-on-the-ledger',
    promise: 'A succeeded step has a succeeded operation, or is a forEach whose items have all ended.',
    guarantees: ['G1', 'G6'],
    sql: `
      select s.id, s.key from step s left join operation o on o.id = s.operation_id ${STEP_DOCUMENT}
       where s.state in ('succeeded', 'compensated') and o.state is distinct from 'succeeded'
         and not (s.item_index is null and coalesce(document.node ? 'forEach', true))
      union all
      select s.id, s.key from step s join step item on item.parent_id = s.id
       where s.state = 'succeeded' and item.state not in ${STEP_ENDED}`,
  },
  {
    name: 'steps-run-after-their-needs',
    promise: 'A step’s first sending came after each of its needs had ended, or in one run with it after its answer.',
    guarantees: ['G3', 'G11'],
    // A claim waits for locks at most a second, so that it may carry a time that much earlier than what it saw.
    sql: `
      select s.id, s.key, need.key as need
        from step s
        join operation o on o.step_id = s.id and o.call = 0
        cross join unnest(s.needs) as need_id
        join step need on need.id = need_id
        left join operation before on before.id = need.operation_id
       where (need.state not in ${STEP_ENDED}
              and (before.state is distinct from 'succeeded' or s.after_step is distinct from need_id))
          or (before.state = 'succeeded' and before.settled_at > o.first_sent_at + interval '1 second')
          or (s.after_step is distinct from need_id and need.finished_at > o.first_sent_at + interval '1 second')`,
  },
  {
    name: 'waiting-on-counts-the-unmet-needs',
    promise: 'A step waits on as many needs as are unmet.',
    guarantees: ['G3'],
    // A failed need is met under onFailure: continue and unmet while its fallback is awaited, hence the two bounds.
    sql: `
      select s.id, s.key, s.waiting_on, unmet.at_least, unmet.at_most
        from step s
        cross join lateral (
          select count(*) filter (where need.state not in ${STEP_ENDED}) as at_least,
                 count(*) filter (where need.state not in ${STEP_ENDED} or need.state = 'failed') as at_most
            from unnest(s.needs) as need_id join step need on need.id = need_id) unmet
       where s.state in ('pending', 'ready', 'dispatched') and s.waiting_on not between unmet.at_least and unmet.at_most`,
  },
  {
    name: 'needs-and-dependants-mirror-each-other',
    promise: 'Where a step needs another of its task, that one lists it as a dependant, and the other way round.',
    guarantees: ['G3'],
    sql: `
      with pairs as (
        select s.task_id, need_id as before, s.id as after, 1 as side from step s cross join unnest(s.needs) as need_id
         where s.parent_id is null or s.key like '%/%'
        union all
        select s.task_id, s.id, dependant_id, 2 from step s cross join unnest(s.dependants) as dependant_id
      )
      select task_id, before, after from pairs group by task_id, before, after having count(distinct side) <> 2`,
  },
  {
    name: 'ready-steps-wait-for-nothing',
    promise: 'A step is ready only when it waits on no need.',
    guarantees: ['G3'],
    sql: `select id, key from step where state = 'ready' and waiting_on > 0`,
  },
  {
    name: 'skips-have-a-reason',
    promise:
      'A step is skipped by its own when, as a fallback not needed, or behind one that failed or was skipped or cancelled.',
    guarantees: ['G3'],
    sql: `
      select s.id, s.key from step s ${STEP_DOCUMENT}
       where s.state = 'skipped' and document.node is not null and not document.node ? 'when' and s.key not like '%/%'
         and s.condition::json ->> 'reason' is distinct from 'replaced'
         and not exists (
           select from jsonb_array_elements(document.nodes) as other
            where other #>> '{onFailure,fallback}' = document.node ->> 'id')
         and not exists (
           select from step need where need.id = any (s.needs) and need.state in ('failed', 'skipped', 'cancelled'))`,
  },
  {
    name: 'open-steps-are-counted',
    promise: 'A task counts its steps, and those that have not ended.',
    guarantees: ['G1', 'G4'],
    sql: `
      select t.id, t.steps_total, t.open_steps, count(s.id) as steps
        from task t left join step s on s.task_id = t.id
       group by t.id
      having t.open_steps <> count(s.id) filter (where s.state not in ${STEP_ENDED})`,
  },
  {
    name: 'steps-are-counted-by-state',
    promise: 'A task says how many of its steps are in each state.',
    guarantees: ['G4'],
    sql: `
      select t.id, t.step_counts, counted.by_state from task t cross join lateral (
        select coalesce(jsonb_object_agg(c.state, c.steps), '{}') as by_state
          from (select s.state, count(*) as steps from step s where s.task_id = t.id group by s.state) c) counted
       where t.step_counts::jsonb <> counted.by_state`,
  },
  {
    name: 'labels-find-their-tasks',
    promise: 'Every label of a task leads to it, in the state that it is in, and nothing else does.',
    guarantees: ['G1'],
    sql: `
      select task_id, state from (
        select label_key(t.tenant_id, l.key, l.value) as label, t.state, t.id as task_id
          from task t cross join lateral jsonb_each_text(t.labels) l
        except select label, state, task_id from task_label) missing
      union all
      select task_id, state from (
        select label, state, task_id from task_label
        except
        select label_key(t.tenant_id, l.key, l.value), t.state, t.id
          from task t cross join lateral jsonb_each_text(t.labels) l) astray`,
  },
  {
    name: 'nothing-is-in-flight-after-the-end',
    promise: 'A task that has ended has no operation sent and no step that could still move.',
    guarantees: ['G12'],
    sql: `
      select t.id, o.id as operation_id, null::uuid as step_id from task t join operation o on o.task_id = t.id
       where t.state in ${TASK_ENDED} and o.state = 'sent'
      union all
      select t.id, null, s.id from task t join step s on s.task_id = t.id
       where t.state in ${TASK_ENDED} and s.state not in ${STEP_ENDED}`,
  },
  {
    name: 'completion-rests-on-evidence',
    promise: 'A completed task has every required step done, and a passed verdict where criteria were declared.',
    guarantees: ['G1'],
    sql: `
      select t.id, s.key from task t join step s on s.task_id = t.id ${STEP_DOCUMENT} ${ACTIVE_PLAN}
       where t.state = 'completed' and s.state = 'failed' and document.node is not null and s.key not like '%/%' and not active.retired
         and coalesce(document.node ->> 'onFailure', 'fail') = 'fail'
      union all
      select t.id, null from task t left join verdict v on v.id = t.verdict_id and v.task_id = t.id
       where t.state = 'completed' and t.criteria_count > 0 and v.passed is not true`,
  },
  {
    name: 'verdicts-are-heard',
    promise: 'No step has succeeded against the verdict on its last round.',
    guarantees: ['G6'],
    sql: `
      select s.id, s.key from step s
        join lateral (select passed from verdict v where v.step_id = s.id order by round desc limit 1) last on true
       where s.state = 'succeeded' and not last.passed`,
  },
  {
    name: 'one-plan-is-active',
    promise: 'A planned task has exactly one active plan, of its current revision.',
    guarantees: ['G11'],
    sql: `
      select t.id, t.plan_revision from task t
       where t.plan_revision > 0 and (
         select array_agg(tp.revision) from task_plan tp where tp.task_id = t.id and tp.active
       ) is distinct from array[t.plan_revision]`,
  },
  {
    name: 'ended-rows-say-when',
    promise: 'A step has an end time exactly when it has ended, and then waits for nothing.',
    guarantees: ['G15'],
    sql: `
      select id, key, state from step
       where (state in ${STEP_ENDED}) <> (finished_at is not null) or (state in ${STEP_ENDED} and due_at is not null)`,
  },
  {
    name: 'definite-outcomes-move-their-step',
    promise: 'A definite outcome does not leave its step parked.',
    guarantees: ['G1', 'G3'],
    sql: `
      select s.id, s.key, o.state from step s join operation o on o.id = s.operation_id
       where s.state = 'parked' and o.state in ('succeeded', 'failed') and o.settled_at < now() - $1 * interval '1 millisecond'`,
  },
  {
    name: 'revisions-keep-what-has-begun',
    promise:
      'A step that something was sent for stands unchanged in every later plan; one that was replaced has left it.',
    guarantees: ['G6', 'G11'],
    sql: `
      select s.id, s.key from ${STEPS_OF_REVISED} s ${STEP_DOCUMENT} ${ACTIVE_PLAN}
       where s.parent_id is null and active.node is not null and document.node is distinct from active.node
         and exists (select from operation o where o.step_id = s.id)
      union all
      select s.id, s.key from ${STEPS_OF_REVISED} s ${ACTIVE_PLAN}
       where s.parent_id is null and s.state not in ${STEP_ENDED} and active.retired
      union all
      select s.id, s.key from step s ${ACTIVE_PLAN}
       where s.parent_id is null and s.condition::json ->> 'reason' = 'replaced' and not active.retired`,
  },
  {
    name: 'permit-is-awaited',
    promise: 'A step that waits for a permit has one question open, and an open question has its step.',
    guarantees: ['G1', 'G13'],
    sql: `
      select s.id, s.key from step s
       where s.state = 'parked' and s.condition::json ->> 'reason' = 'permit_required'
         and not exists (select from permit p where p.id::text = s.condition::json ->> 'permit' and p.state = 'pending')
      union all
      select p.id, p.step_key from permit p left join step s on s.id = p.step_id
       where p.state = 'pending'
         and (s.id is null or s.state <> 'parked' or s.condition::json ->> 'permit' is distinct from p.id::text)`,
  },
  {
    name: 'nothing-is-forgotten',
    promise: 'No row that waits is past its due time for longer than the sweeper may take.',
    guarantees: ['G1', 'G3', 'G7'],
    sql: `
      select id, 'task' as entity, due_at from task where state not in ${TASK_ENDED} and due_at < now() - $1 * interval '1 millisecond'
      union all
      select id, 'step', due_at from step where state not in ${STEP_ENDED} and due_at < now() - $1 * interval '1 millisecond'`,
  },
];
