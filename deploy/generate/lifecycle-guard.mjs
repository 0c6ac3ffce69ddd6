import { lifecycles, waysOut } from './lifecycles.mjs';

// A released migration never changes. Once this one has been released, a changed table gets a new folder here; the
// statements replace what an earlier guard created.
const MIGRATION = 'prisma/migrations/20261121001000_lifecycle_guard/migration.sql';

/** Tables of which no row is ever changed, nor taken away while its task is there. */
const APPEND_ONLY = ['event', 'sending', 'evidence', 'verdict'];

/** The database's own copy of the state machines: a row whose state moves otherwise is refused, whoever asks. */
export async function lifecycleGuard(root) {
  const parts = [HEAD, ...lifecycles(root).map(guardOf), APPEND_ONLY_HEAD, ...APPEND_ONLY.map(appendOnly)];
  return { [MIGRATION]: `${parts.join('\n\n')}\n` };
}

const HEAD = `-- Generated from libs/domain/src/lifecycle by deploy/generate.mjs; run: npm run generate.
-- Every statement has its guard in its own where; these triggers are for the statement that has not. The legal moves
-- stand in the trigger's when, so that a legal move never calls a function.

create or replace function refuse_illegal_move() returns trigger language plpgsql as $$
begin
  raise exception 'A % cannot go from ''%'' to ''%''.', tg_table_name, old.state, new.state
    using errcode = '23514', table = tg_table_name, constraint = tg_name, detail = 'Row ' || old.id || '.';
end
$$;`;

function guardOf(lifecycle) {
  const { entity } = lifecycle;
  const legal = waysOut(lifecycle).map(
    ([from, targets]) => `(old.state = ${quoted(from)} and new.state in (${targets.map(quoted).join(', ')}))`,
  );
  return `create or replace trigger ${entity}_moves_legally before update of state on ${entity} for each row
  when (old.state is distinct from new.state and not (
       ${legal.join('\n    or ')}
  ))
  execute function refuse_illegal_move();`;
}

const APPEND_ONLY_HEAD = `-- History is only ever added to, and goes with its task: retention removes the task first, in the same transaction.

create or replace function refuse_rewriting() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if not exists (select from task where id = old.task_id) then
      return old;
    end if;
  end if;
  raise exception 'A row of % is never changed or removed.', tg_table_name
    using errcode = '23514', table = tg_table_name, constraint = tg_name;
end
$$;`;

function appendOnly(table) {
  return `create or replace trigger ${table}_is_append_only before update or delete on ${table} for each row
  execute function refuse_rewriting();
create or replace trigger ${table}_is_not_emptied before truncate on ${table} for each statement
  execute function refuse_rewriting();`;
}

const quoted = (text) => `'${text}'`;
