import type { Invariant } from './invariant';

const SPENDINGS = [
  ['modelCalls', 'model_calls'],
  ['toolCalls', 'tool_calls'],
  ['tokens', 'tokens'],
  ['costMicros', 'cost_micros'],
] as const;

const spent = (row: string, name: string): string => `coalesce((${row}.spent::json ->> '${name}')::bigint, 0)`;

/** Agents: that their calls, which are steps, belong together and are paid for. */
export const AGENT_INVARIANTS: readonly Invariant[] = [
  {
    name: 'refused-calls-never-left',
    promise: 'A call of an agent that was refused, or answered by an earlier one, has no operation.',
    guarantees: ['G5', 'G16'],
    sql: `
      select s.id, s.key, o.id as operation_id from step s join operation o on o.step_id = s.id
       where s.key like '%/%' and s.state = 'skipped'`,
  },
  {
    name: 'sub-plans-rest-on-success',
    promise: 'No step of an agent’s sub-plan was sent but behind siblings that had all succeeded.',
    guarantees: ['G3', 'G11'],
    // Below an agent nothing makes up for a failure; that each need ended in time holds for every step.
    sql: `
      select s.id, s.key, need.key as need, need.state
        from step s
        join operation o on o.step_id = s.id
        cross join unnest(s.needs) as need_id
        join step need on need.id = need_id
       where s.key like '%/%' and (need.state not in ('succeeded', 'compensated') or need.parent_id <> s.parent_id)`,
  },
  {
    name: 'agents-wait-for-their-calls',
    promise: 'An agent that waits counts those of its calls that have not ended; one that has ended has none.',
    guarantees: ['G1', 'G3'],
    sql: `
      select a.id, a.key, a.state, a.waiting_on, count(c.id) as open
        from step a left join step c on c.parent_id = a.id and c.key like '%/%' and c.finished_at is null
       where a.kind = 'agent'
       group by a.id
      having (a.finished_at is not null and count(c.id) > 0)
          or (a.state = 'waiting' and a.condition::json ->> 'kind' = 'agent' and a.waiting_on <> count(c.id))`,
  },
  {
    name: 'calls-stand-under-an-agent',
    promise: 'Every call of an agent is a step of the same task, under the agent’s own key.',
    guarantees: ['G4'],
    sql: `
      select s.id, s.key from step s left join step a on a.id = s.parent_id
       where s.key like '%/%' and (
         a.id is null or a.kind <> 'agent' or a.task_id <> s.task_id or s.key <> a.key || '/' || s.item_index)`,
  },
  {
    name: 'spending-is-summed-up',
    promise: 'What an agent has used and reserved is the sum of its calls; what a task has, of its agents.',
    guarantees: ['G11'],
    sql: `
      select a.id, a.key from step a left join step c on c.parent_id = a.id and c.key like '%/%'
       where a.kind = 'agent'
       group by a.id
      having ${SPENDINGS.map(([name]) => `coalesce(sum(${spent('c', name)}), 0) <> ${spent('a', name)}`).join('\n          or ')}
      union all
      select t.id, null from task t left join step a on a.task_id = t.id and a.kind = 'agent' and a.key not like '%/%'
       group by t.id
      having ${SPENDINGS.filter(([name]) => name !== 'toolCalls')
        .map(([name, column]) => `coalesce(sum(${spent('a', name)}), 0) <> t.${column}`)
        .join('\n          or ')}`,
  },
];
